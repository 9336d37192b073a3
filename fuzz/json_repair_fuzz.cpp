// The result of repair_json is JSON with the reported value, and repairing it again changes
// nothing. A valid object is returned unchanged, or refused because equal keys have different
// values.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/json.h"
#include "text/json_repair.h"

namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gvm::text;
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const auto valid = parse_json(answer);
  for (const auto expect : {Expect::object, Expect::any}) {
    const auto repaired = repair_answer(answer, {.expect = expect});
    if (!repaired) continue;
    if (valid && valid->as_map() != nullptr) require(repaired->value == *valid);
    const auto read = parse_json(repaired->text);
    require(read && *read == repaired->value);
    require(expect == Expect::any || read->as_map() != nullptr);
    const auto again = repair_answer(repaired->text, {.expect = expect});
    require(again && (again->text == repaired->text || read->as_string()));
  }
  return 0;
}
