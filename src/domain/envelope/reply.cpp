#include "envelope/reply.h"

#include <array>
#include <cmath>

#include "base/encoding.h"
#include "base/json.h"
#include "calldata/encode.h"
#include "envelope/debug_form.h"

namespace gvm::envelope {
namespace {

Value tagged(std::string_view variant, Value content) {
  Value::Map map;
  map.set(variant, std::move(content));
  return Value::map(std::move(map));
}

Value encodable(const Value& value, std::size_t depth);

Value::Map encodable_map(const Value::Map& map, std::size_t depth) {
  std::vector<Value::Map::Entry> entries;
  entries.reserve(map.size());
  for (const auto& [key, value] : map) {
    entries.emplace_back(Blob(to_valid_utf8(key.view())), encodable(value, depth));
  }
  return Value::Map::from_entries(std::move(entries));
}

// The nearest value that calldata can represent.
Value encodable(const Value& value, std::size_t depth) {
  // Two levels of nesting are used by the reply around the value.
  if (depth + 2 > kMaxDepth) return Value::null();
  if (const auto text = value.as_string()) return Value::string(to_valid_utf8(*text));
  if (const auto* real = value.as_real(); real != nullptr && !std::isfinite(*real))
    return Value::null();
  if (const auto* items = value.as_array()) {
    Value::Array out;
    for (const auto& item : *items) out.push_back(encodable(item, depth + 1));
    return Value::array(std::move(out));
  }
  if (const auto* map = value.as_map()) return Value::map(encodable_map(*map, depth + 1));
  return value;
}

Value user_error(const Error& error) {
  Value::Array causes;
  for (const auto& cause : error.causes()) causes.push_back(Value::string(to_valid_utf8(cause)));
  Value::Map body;
  body.set("causes", Value::array(std::move(causes)));
  body.set("ctx", encodable(error.ctx(), 1));
  return tagged("UserError", Value::map(std::move(body)));
}

// The order of fields in wire.md: causes, fatal, ctx.
std::string json_form(const Error& error) {
  Value::Array causes;
  for (const auto& cause : error.causes()) causes.push_back(Value::string(cause));
  std::string text = R"({"causes":)";
  json::write_to(text, Value::array(std::move(causes)));
  text += error.fatal() ? R"(,"fatal":true,"ctx":)" : R"(,"fatal":false,"ctx":)";
  json::write_to(text, error.ctx());
  return text + "}";
}

std::string text_of(const Error& error, Generation generation) {
  return wants_errors_as_json(generation) ? json_form(error) : debug_form(error);
}

}  // namespace

Result<std::string> try_encode_ok(Value answer) {
  return calldata::encode(tagged("Ok", std::move(answer)));
}

std::string encode_ok(Value answer, Generation generation) {
  auto message = try_encode_ok(std::move(answer));
  return message ? std::move(*message) : encode_error(message.error(), generation);
}

std::string encode_error(const Error& error, Generation generation) {
  const Value reply = error.fatal()
                          ? tagged("FatalError", Value::string(text_of(error, generation)))
                          : user_error(error);
  return calldata::encode(reply).value();
}

LlmAnswer LlmAnswer::exhausted() {
  constexpr std::array<std::uint64_t, 4> kAllOnes{~0ULL, ~0ULL, ~0ULL, ~0ULL};  // 256 bits
  return {Value::string(""), Integer::from_limbs(kAllOnes, false)};
}

Value answer_value(LlmAnswer answer, Generation generation) {
  if (wants_json_text(generation) && answer.data.as_map() != nullptr) {
    answer.data = Value::string(json::write(answer.data));
  }
  Value::Map map;
  map.set("data", std::move(answer.data));
  map.set("consumed_gen", Value::integer(std::move(answer.consumed_gen)));
  return Value::map(std::move(map));
}

Value response_value(WebResponse response) {
  Value fields = Value::fields("status", Value::integer(response.status), "headers",
                               Value::map(std::move(response.headers)), "body",
                               Value::bytes(std::move(response.body)));
  return Value::fields("response", std::move(fields));
}

Value text_value(Blob text) {
  return Value::fields("text", Value::string(std::move(text)));
}

Value image_value(Blob png) {
  return Value::fields("image", Value::bytes(std::move(png)));
}

}  // namespace gvm::envelope
