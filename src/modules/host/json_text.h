#pragma once
// JSON texts of any length, parsed without holding the lane.
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/size.h"
#include "base/value.h"
#include "script/script.h"

namespace gvm::script {
class Vm;
}

namespace gvm::host {

// Parsed on the lane, in one go: at most some 4 ms. Longer texts are parsed on the background
// thread, while only the session waits.
inline constexpr std::size_t kJsonBytesOnLane = 128 * kKiB;

// lib.rs.json_parse.
void add_json_parse(script::HostTable& table);

// The JSON text `*text`, strictly (text/json.h), without its null fields. The result owns its
// strings. Errors: DESERIALIZING, TOO_DEEP; TOO_LARGE for more than `most_values` values. Processor
// time spent elsewhere counts as that of the call that `vm` runs, whose result this is or is most
// of.
boost::asio::awaitable<Result<Value>> parse_json_text(script::Vm& vm,
                                                      std::shared_ptr<const std::string> text,
                                                      std::size_t most_values);

}  // namespace gvm::host
