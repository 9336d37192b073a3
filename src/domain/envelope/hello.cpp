#include "envelope/hello.h"

#include <fmt/format.h>

#include "base/error_codes.h"
#include "envelope/fields.h"

namespace gvm::envelope {
namespace {

void check_first(Fields& fields) {
  fields.string("cookie");
}

void check_second(Fields& fields) {
  fields.integer("genvm_id");
  fields.one_of("role", {"leader", "validator"});
  fields.map_of(Value::Kind::string, "gas_data");
  fields.integer("initial_time_units_allocation");
}

}  // namespace

Result<Hello> parse_hello(Value message) {
  Hello hello;
  hello.fields = std::move(message).to_owned();
  if (hello.fields.find("genvm_id") != nullptr) hello.generation = Hello::Generation::second;
  Fields fields(hello.fields, "", codes::kMalformedHello);  // reads a copy: reading moves
  hello.generation == Hello::Generation::first ? check_first(fields) : check_second(fields);
  Fields host_data(fields, "host_data");
  hello.node_address = host_data.string_or("node_address", "").view();
  hello.tx_id = host_data.string_or("tx_id", "").view();
  if (auto error = host_data.finish_ignoring_unknown()) return fail(std::move(*error));
  return hello;
}

}  // namespace gvm::envelope
