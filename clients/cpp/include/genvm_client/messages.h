#pragma once
// Requests as a GenVM sends them, and how the reply to each is read. Pure: no input or output.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "genvm_client/fatal_text.h"
#include "genvm_client/hello.h"

namespace genvm {

// The answer of the LLM module.
template <class T>
struct Answer {
  T data;
  Integer consumed_gen;  // what the host charges the contract
};

// What a site answered; any status is an answer, also 404.
struct WebResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct WebRequest {
  std::string method = "GET";  // GET, POST, PUT, HEAD, DELETE, OPTIONS or PATCH
  std::string url = {};
  std::map<std::string, std::string> headers = {};
  std::optional<std::string> body = {};
  bool sign = false;
  std::optional<std::uint64_t> size_limit = {};  // bytes of the answer's body; generation C only
};

enum class RenderMode { text, html, screenshot };

struct RenderRequest {
  std::string url = {};
  std::string wait_after_loaded = {};            // such as "500ms" or "2s"; empty: none
  std::optional<std::uint64_t> size_limit = {};  // bytes; generation C only
};

// gen; what `genvm-modules call` sends
inline Integer default_fuel() {
  return Integer(1'000'000'000'000'000'000);
}

namespace detail {

[[noreturn]] inline void wrong(const std::string& expected) {
  throw ProtocolError(expected + "; the module sent something else");
}

inline Value one(std::string_view key, Value value) {
  Value::Map fields;
  fields.emplace(key, std::move(value));
  return Value::map(std::move(fields));
}

inline UserError user_error(const Value& content) {
  auto causes = texts_of(content.find("causes"));
  const Value* ctx = content.find("ctx");
  if (!causes || ctx == nullptr || !ctx->is_map()) wrong("a UserError has causes and ctx");
  return UserError(std::move(*causes), *ctx);
}

// The content of an Ok reply; the module's error is thrown.
inline Value read_reply(std::string_view frame) {
  Value reply;
  try {
    reply = calldata::decode(frame);
  } catch (const CalldataError& error) {
    throw ProtocolError(std::string("the reply is not canonical calldata: ") + error.what());
  }
  if (!reply.is_map() || reply.as_map().size() != 1) wrong("a reply is a map with one key");
  const auto& [variant, content] = *reply.as_map().begin();
  if (variant == "Ok") return content;
  if (variant == "UserError") throw user_error(content);
  if (variant == "FatalError" && content.is_string()) throw read_fatal(content.as_string());
  wrong("a reply is Ok, UserError or FatalError");
}

inline std::string read_text(const Value& data) {
  if (!data.is_string()) wrong("the answer to this request is a text");
  return data.as_string();
}

inline bool read_bool(const Value& data) {
  if (!data.is_bool()) wrong("the answer to this request is true or false");
  return data.as_bool();
}

inline Value read_map(const Value& data) {
  if (!data.is_map()) wrong("the answer to this request is a map");
  return data;
}

// Generation C gets the JSON text, A and B the map.
inline Value read_json(const Value& data, Generation generation) {
  if (generation != Generation::c) return read_map(data);
  const auto parsed = parse_json(read_text(data));
  if (!parsed) wrong("the answer to this request is JSON text");
  return read_map(*parsed);
}

inline bool is_no_budget(const Integer& consumed) {
  const std::vector<std::uint32_t> all_ones(8, 0xFFFFFFFF);  // 2^256 - 1
  return !consumed.is_negative() && consumed.limbs() == all_ones;
}

template <class Read>
auto llm_answer(const Value& ok, Read read) -> Answer<decltype(read(ok))> {
  const Value* data = ok.find("data");
  const Value* consumed = ok.find("consumed_gen");
  if (data == nullptr || consumed == nullptr)
    wrong("an answer is a map with data and consumed_gen");
  if (!consumed->is_integer() || consumed->as_integer().is_negative())
    wrong("consumed_gen is an unsigned integer");
  if (is_no_budget(consumed->as_integer()) && *data == Value::string("")) throw BudgetExhausted();
  return {read(*data), consumed->as_integer()};
}

inline WebResponse web_response(const Value& ok, std::optional<std::uint64_t> size_limit) {
  const Value* response = ok.find("response");
  if (response == nullptr) wrong("the answer to this request is a map with response");
  const Value* status = response->find("status");
  const Value* headers = response->find("headers");
  const Value* body = response->find("body");
  WebResponse out;
  if (status == nullptr || !status->is_integer()) wrong("status is an HTTP status");
  const auto number = status->as_integer().to_int64().value_or(0);
  if (number < 100 || number > 999) wrong("status is an HTTP status");
  out.status = static_cast<int>(number);
  if (headers == nullptr || !headers->is_map()) wrong("headers are a map of bytes");
  for (const auto& [name, value] : headers->as_map()) {
    if (!value.is_bytes()) wrong("headers are a map of bytes");
    out.headers.emplace(name, value.as_bytes());
  }
  if (body == nullptr || !body->is_bytes()) wrong("body is bytes");
  out.body = body->as_bytes();
  if (size_limit && out.body.size() > *size_limit) wrong("body is within size_limit");
  return out;
}

inline std::string page_text(const Value& ok) {
  const Value* text = ok.find("text");
  if (text == nullptr || !text->is_string()) wrong("the answer to this request is a map with text");
  return text->as_string();
}

inline std::string page_image(const Value& ok) {
  const std::string signature("\x89PNG\r\n\x1a\n");
  const Value* image = ok.find("image");
  const bool png = image != nullptr && image->is_bytes() &&
                   image->as_bytes().compare(0, signature.size(), signature) == 0;
  if (!png) wrong("the answer to this request is a map with image, a PNG");
  return image->as_bytes();
}

inline std::string llm_message(Generation generation, std::string_view variant, Value::Map payload,
                               const Integer& fuel) {
  const std::size_t bits = generation == Generation::b ? 64 : 256;
  if (fuel.is_negative() || fuel.bit_length() > bits)
    throw std::invalid_argument("fuel is a number from 0 to 2^" + std::to_string(bits) + " - 1");
  Value::Map fields;
  fields.emplace("payload", Value::map(std::move(payload)));
  fields.emplace("remaining_fuel_as_gen", Value::integer(fuel));
  return calldata::encode(one(variant, Value::map(std::move(fields))));
}

inline std::string prompt_message(Generation generation, std::string_view format, std::string text,
                                  std::vector<std::string> images, const Integer& fuel) {
  Value::Array list;
  for (auto& image : images) list.push_back(Value::bytes(std::move(image)));
  Value::Map payload;
  payload.emplace("response_format", Value::string(std::string(format)));
  payload.emplace("prompt", Value::string(std::move(text)));
  payload.emplace("images", Value::array(std::move(list)));
  return llm_message(generation, "Prompt", std::move(payload), fuel);
}

inline std::string template_message(Generation generation, std::string_view name,
                                    const std::map<std::string, std::string>& slots,
                                    const Integer& fuel) {
  Value::Map payload;
  payload.emplace("template", Value::string(std::string(name)));
  for (const auto& [slot, text] : slots) payload.emplace(slot, Value::string(text));
  return llm_message(generation, "PromptTemplate", std::move(payload), fuel);
}

inline std::string web_message(Generation generation, std::string_view variant, Value::Map payload,
                               std::optional<std::uint64_t> size_limit) {
  Value content = Value::map(std::move(payload));
  if (size_limit) {
    if (generation != Generation::c)
      throw std::invalid_argument("size_limit is of generation C only");
    Value limit = Value::integer(Integer::from_unsigned(*size_limit));
    content = Value::array({std::move(content), std::move(limit)});
  }
  return calldata::encode(one(variant, std::move(content)));
}

inline std::string request_message(Generation generation, const WebRequest& request) {
  Value::Map headers;
  for (const auto& [name, value] : request.headers) headers.emplace(name, Value::bytes(value));
  Value::Map payload;
  payload.emplace("method", Value::string(request.method));
  payload.emplace("url", Value::string(request.url));
  payload.emplace("headers", Value::map(std::move(headers)));
  payload.emplace("body", request.body ? Value::bytes(*request.body) : Value());
  payload.emplace("sign", Value::boolean(request.sign));
  return web_message(generation, "Request", std::move(payload), request.size_limit);
}

inline std::string render_message(Generation generation, const RenderRequest& render,
                                  RenderMode mode) {
  const char* name = mode == RenderMode::text   ? "text"
                     : mode == RenderMode::html ? "html"
                                                : "screenshot";
  Value::Map payload;
  payload.emplace("mode", Value::string(name));
  payload.emplace("url", Value::string(render.url));
  if (!render.wait_after_loaded.empty())
    payload.emplace("wait_after_loaded", Value::string(render.wait_after_loaded));
  return web_message(generation, "Render", std::move(payload), render.size_limit);
}

}  // namespace detail
}  // namespace genvm
