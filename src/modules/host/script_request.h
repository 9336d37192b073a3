#pragma once
// What a script asks of lib.rs.request, read and checked once.
#include "host/arguments.h"
#include "host/limits.h"
#include "host/outgoing.h"
#include "net/http_request.h"

namespace gvm::host {

enum class BodyForm { bytes, json };
enum class Statuses { any, ok_only };

struct ScriptRequest {
  net::HttpRequest http;  // url as given; limits and headers final
  std::chrono::milliseconds timeout{};
  BodyForm form = BodyForm::bytes;
  Statuses statuses = Statuses::any;
  Filtering filtering = Filtering::filtered;
  std::optional<std::string> sign_with;  // see Outgoing
};

// `{method, url, headers?, body?, sign?, sign_with?, json?, error_on_status?,
// response_body_max_size?, timeout?, unfiltered?}`; other fields are ignored. Headers that are not
// a script's to set are dropped: host, content-length, genlayer-node-address, genlayer-tx-id,
// genlayer-salt, and names that start with '@'. Errors: SCRIPT_BAD_ARGUMENT.
Result<ScriptRequest> read_script_request(std::string_view function, const Value& table,
                                          const RequestLimits& limits);

// Whether a header of that name, in any case, is dropped and not an error.
bool is_dropped_header(std::string_view name);

}  // namespace gvm::host
