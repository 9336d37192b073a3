#pragma once
// The first message of a session (wire.md, "Hello"). Two generations of GenVM say it differently.
#include <string>

#include "base/error.h"
#include "base/value.h"

namespace gvm::envelope {

struct Hello {
  enum class Generation { first, second };

  Generation generation = Generation::first;
  Value fields;              // the whole message, owned: every field reaches the script
  std::string node_address;  // host_data's, empty when absent
  std::string tx_id;         // host_data's, empty when absent
};

// A second-generation hello is known by its genvm_id. Fields beyond the known ones are kept.
// MALFORMED_HELLO, fatal, names the field that is missing or of another type.
Result<Hello> parse_hello(Value message);

}  // namespace gvm::envelope
