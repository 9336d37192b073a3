#pragma once
// The first message of a session (wire.md, "Hello").
#include <string>

#include "base/error.h"
#include "base/value.h"
#include "envelope/generation.h"

namespace gvm::envelope {

struct Hello {
  Generation generation = Generation::a;
  Value fields;              // the whole message, owned: scripts get every field
  std::string node_address;  // host_data's, empty when absent or null
  std::string tx_id;         // host_data's, empty when absent or null
};

// A hello with a genvm_id is of generation B, and of C when it also has any field that only C
// sends; a hello without one is of A. Fields beyond the known ones are kept. MALFORMED_HELLO,
// fatal, names the field that is missing or of another type.
Result<Hello> parse_hello(Value message);

// The field `token` (docs/operators.md, "Who may connect"), which is removed; empty when there is
// none or it is no text.
std::string take_token(Hello& hello);

}  // namespace gvm::envelope
