#include "envelope/hello.h"

#include <algorithm>
#include <array>

#include "base/error_codes.h"
#include "envelope/fields.h"

namespace gvm::envelope {
namespace {

constexpr std::string_view kRole = "role";
constexpr std::string_view kGasData = "gas_data";
constexpr std::string_view kTimeUnits = "initial_time_units_allocation";

Generation generation_of(const Value& hello) {
  if (hello.find("genvm_id") == nullptr) return Generation::a;
  constexpr std::array kOnlyC{kRole, kGasData, kTimeUnits};
  const bool any =
      std::ranges::any_of(kOnlyC, [&](auto key) { return hello.find(key) != nullptr; });
  return any ? Generation::c : Generation::b;
}

void check_own_fields(Fields& fields, Generation generation) {
  if (generation == Generation::a) {
    fields.string("cookie");
    return;
  }
  fields.integer("genvm_id");
  if (generation == Generation::b) return;
  fields.one_of(kRole, {"leader", "validator"});
  fields.map_of(Value::Kind::string, kGasData);
  fields.integer(kTimeUnits);
}

}  // namespace

Result<Hello> parse_hello(Value message) {
  Hello hello;
  hello.fields = std::move(message).to_owned();
  hello.generation = generation_of(hello.fields);
  Fields fields(hello.fields, "",
                codes::kMalformedHello);  // a copy, because reading moves the fields out
  check_own_fields(fields, hello.generation);
  Fields host_data(fields, "host_data");
  hello.node_address = host_data.string_or("node_address", "").view();
  hello.tx_id = host_data.string_or("tx_id", "").view();
  if (auto error = host_data.finish_ignoring_unknown()) return fail(std::move(*error));
  return hello;
}

std::string take_token(Hello& hello) {
  constexpr std::string_view kToken = "token";
  const Value* field = hello.fields.find(kToken);
  if (field == nullptr) return {};
  std::string token(field->as_string().value_or(""));
  hello.fields.as_map()->erase(kToken);
  return token;
}

}  // namespace gvm::envelope
