#include "apps/front/script_messages.h"

#include <string>
#include <utility>

#include "text/json.h"

namespace gvm::apps {
namespace {

constexpr std::string_view kGen = "1000000000000000000";

Value text(std::string_view value) {
  return Value::string(std::string(value));
}

Value field_or(const Value& map, std::string_view name, Value usual) {
  const Value* found = map.find(name);
  if (found == nullptr || found->is_null()) return usual;
  return *found;
}

Value with_fuel(const char* variant, Value payload, const Value& given) {
  Value fuel = field_or(given, "gen", Value::integer(Integer::parse(kGen).value_or(Integer(0))));
  return Value::fields(variant, Value::fields("payload", std::move(payload),
                                              "remaining_fuel_as_gen", std::move(fuel)));
}

// A string of Lua is text when it can be; on the wire a picture is bytes.
Value as_bytes(const Value& value) {
  if (const auto given = value.as_string()) return Value::bytes(std::string(*given));
  return value;
}

Value images_of(const Value& given) {
  Value::Array images;
  const Value* list = given.find("images");
  if (list != nullptr && list->as_array())
    for (const auto& image : *list->as_array()) images.push_back(as_bytes(image));
  return Value::array(std::move(images));
}

Value prompt(const Value& given) {
  return with_fuel(
      "Prompt",
      Value::fields("response_format", field_or(given, "format", text("text")), "prompt",
                    field_or(given, "prompt", text("")), "images", images_of(given)),
      given);
}

Value template_request(const Value& given) {
  Value::Map payload;
  for (const auto& [name, value] : *given.as_map())
    if (name.view() != "gen") payload.set(name.view(), value);
  return with_fuel("PromptTemplate", Value::map(std::move(payload)), given);
}

Value web_request(const Value& given) {
  Value::Map headers;
  const Value* named = given.find("headers");
  if (named != nullptr && named->as_map())
    for (const auto& [name, value] : *named->as_map()) headers.set(name.view(), as_bytes(value));
  Value payload =
      Value::fields("method", field_or(given, "method", text("GET")), "url",
                    field_or(given, "url", text("")), "headers", Value::map(std::move(headers)));
  if (const Value* body = given.find("body")) payload.as_map()->set("body", as_bytes(*body));
  return Value::fields("Request", std::move(payload));
}

Value render(const Value& given) {
  Value payload = Value::fields("mode", field_or(given, "mode", text("text")), "url",
                                field_or(given, "url", text("")));
  if (const Value* wait = given.find("wait_after_loaded"))
    payload.as_map()->set("wait_after_loaded", *wait);
  return Value::fields("Render", std::move(payload));
}

Value error_fields(const Value& error, bool fatal) {
  Value::Map out;
  const Value* causes = error.find("causes");
  const bool listed = causes != nullptr && causes->as_array() && !causes->as_array()->empty();
  out.set("code", listed ? causes->as_array()->front() : text("?"));
  out.set("causes", listed ? *causes : Value::array());
  out.set("fatal", Value::boolean(fatal));
  out.set("ctx", field_or(error, "ctx", Value::map()));
  return Value::map(std::move(out));
}

Error bad(std::string detail) {
  return Error("SCRIPT_TEST_BAD", Fatality::fatal, std::move(detail));
}

}  // namespace

Value test_hello(const Value& given) {
  Value host_data = Value::fields("node_address", text("0x" + std::string(40, '1')), "tx_id",
                                  text("0x" + std::string(64, '2')), "contract_address",
                                  text("0x" + std::string(40, '3')));
  const Value* own = given.find("host_data");
  if (own != nullptr && own->as_map())
    for (const auto& [name, value] : *own->as_map()) host_data.as_map()->set(name.view(), value);
  return Value::fields("genvm_id", Value::integer(1), "role",
                       field_or(given, "role", text("leader")), "host_data", std::move(host_data),
                       "gas_data", field_or(given, "gas_data", Value::map()),
                       "initial_time_units_allocation", Value::integer(0));
}

Result<Value> test_request(std::string_view kind, Value payload) {
  if (payload.as_map() == nullptr) return fail(bad("a request is a table with names"));
  if (kind == "prompt") return prompt(payload);
  if (kind == "template") return template_request(payload);
  if (kind == "request") return web_request(payload);
  if (kind == "render") return render(payload);
  return fail(bad("there is no request " + std::string(kind)));
}

Result<Value> test_reply(const Value& reply) {
  if (const Value* ok = reply.find("Ok")) {
    const Value* response = ok->find("response");
    return response == nullptr ? *ok : *response;
  }
  if (const Value* error = reply.find("UserError")) return error_fields(*error, false);
  const Value* fatal = reply.find("FatalError");
  const auto words = fatal == nullptr ? std::nullopt : fatal->as_string();
  if (!words) return fail(bad("the module's reply has no known form"));
  auto error = text::parse_json(*words);
  if (!error) return fail(std::move(error).error());
  return error_fields(*error, true);
}

}  // namespace gvm::apps
