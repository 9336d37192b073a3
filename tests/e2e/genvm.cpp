#include "e2e/genvm.h"

#include <stdexcept>

#include "base/json.h"
#include "calldata/debug.h"
#include "calldata/decode.h"
#include "calldata/encode.h"
#include "e2e/debug_form.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

Value string(std::string_view text) {
  return Value::string(std::string(text));
}

Value host_data() {
  return Value::fields("node_address", string("0xabcd"), "tx_id", string("0x1234"), "extra",
                       string("anything"));
}

void read_error(Reply& reply, const Value& error) {
  const Value* causes = error.find("causes");
  if (causes == nullptr || !causes->as_array()) throw std::runtime_error("no causes");
  for (const auto& cause : *causes->as_array())
    reply.causes.emplace_back(cause.as_string().value());
  if (reply.causes.empty()) throw std::runtime_error("no code");
  if (const Value* ctx = error.find("ctx")) reply.ctx = *ctx;
}

// The form of generation C, or that of A and B.
Result<Value> error_of(std::string_view text) {
  if (text.starts_with('{')) return text::parse_json(text);
  return read_debug_form(text);
}

void read_fatal(Reply& reply, std::string_view text) {
  if (text.find('\n') != text.npos) throw std::runtime_error("more than one line");
  const auto error = error_of(text);
  if (!error) throw std::runtime_error("a fatal error of no form: " + std::string(text));
  const Value* fatal = error->find("fatal");
  if (fatal == nullptr || !fatal->as_bool() || !*fatal->as_bool())
    throw std::runtime_error("a fatal error that does not say so");
  read_error(reply, *error);
}

}  // namespace

std::string encode(const Value& value) {
  return calldata::encode(value).value();
}

Value hello_a() {
  return Value::fields("cookie", string("cookie-1"), "host_data", host_data());
}

Value hello_b() {
  return Value::fields("genvm_id", Value::integer(7), "host_data", host_data());
}

Value hello_c() {
  return Value::fields("genvm_id", Value::integer(7), "role", string("validator"), "host_data",
                       host_data(), "gas_data", Value::map(), "initial_time_units_allocation",
                       Value::integer(0));
}

Value request(std::string_view variant, Value payload, Integer fuel) {
  return Value::fields(variant,
                       Value::fields("payload", std::move(payload), "remaining_fuel_as_gen",
                                     Value::integer(std::move(fuel))));
}

Value prompt(std::string text, std::vector<std::string> images) {
  Value::Array list;
  for (auto& image : images) list.push_back(Value::bytes(std::move(image)));
  return request("Prompt", Value::fields("response_format", string("text"), "prompt",
                                         Value::string(std::move(text)), "images",
                                         Value::array(std::move(list))));
}

Value json_prompt(std::string text) {
  return request("Prompt", Value::fields("response_format", string("json"), "prompt",
                                         Value::string(std::move(text)), "images", Value::array()));
}

Value judge(std::string_view name, Slots slots) {
  Value payload = Value::fields("template", string(name));
  for (const auto& [slot, text] : slots) payload.as_map()->set(slot, Value::string(text));
  return request("PromptTemplate", std::move(payload));
}

Value compare(std::string leader, std::string validator) {
  return judge("EqComparative", {{"leader_answer", std::move(leader)},
                                 {"validator_answer", std::move(validator)},
                                 {"principle", "the same meaning"}});
}

std::string Reply::text() const {
  const auto text = data.as_string();
  return text ? std::string(*text) : "no string: " + shown;
}

std::string Reply::outcome() const {
  return ok() ? kind : kind + " " + causes.front();
}

Reply parse_reply(std::string_view bytes) {
  auto decoded = calldata::decode(bytes);
  if (!decoded) throw std::runtime_error("a reply that is no calldata: " + std::string(bytes));
  const Value value = std::move(*decoded).to_owned();
  const auto* map = value.as_map();
  if (map == nullptr || map->size() != 1) throw std::runtime_error("a reply without a variant");
  Reply reply;
  reply.shown = calldata::to_debug_string(value, 4096);
  reply.kind = map->begin()->first.view();
  const Value& content = map->begin()->second;
  if (reply.ok()) {
    // Answers of the web module have neither field: the whole value is the data.
    const Value* data = content.find("data");
    reply.data = data != nullptr ? *data : content;
    if (data != nullptr) reply.consumed = *content.find("consumed_gen")->as_integer();
  } else if (reply.kind == "UserError") {
    read_error(reply, content);
  } else if (reply.kind == "FatalError") {
    read_fatal(reply, content.as_string().value());
  } else {
    throw std::runtime_error("an unknown reply: " + reply.shown);
  }
  return reply;
}

GenVm::GenVm(std::uint16_t port, const Value& hello, std::chrono::milliseconds timeout)
    : ws_(port, timeout) {
  ws_.send(encode(hello));
}

Reply GenVm::receive() {
  const auto message = ws_.receive();
  if (!message) throw std::runtime_error("the session is over: " + ws_.close_text());
  return parse_reply(*message);
}

Reply GenVm::ask(const Value& request) {
  return ask_bytes(encode(request));
}

Reply GenVm::ask_bytes(std::string_view bytes) {
  ws_.send(bytes);
  return receive();
}

std::string openai_answer(std::string_view text, std::string_view finish_reason) {
  const Value message = Value::fields("role", string("assistant"), "content", string(text));
  const Value choice = Value::fields("index", Value::integer(0), "message", message,
                                     "finish_reason", string(finish_reason));
  const Value usage = Value::fields("prompt_tokens", Value::integer(11), "completion_tokens",
                                    Value::integer(5), "total_tokens", Value::integer(16));
  return json::write(Value::fields("id", string("chatcmpl-1"), "object", string("chat.completion"),
                                   "choices", Value::list(choice), "usage", usage));
}

std::string answer_for(std::string_view path, std::string_view text) {
  if (path == "/v1/messages") {
    return R"({"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":)" +
           json::write(string(text)) +
           R"(}],"stop_reason":"end_turn","usage":{"input_tokens":11,"output_tokens":5}})";
  }
  if (path.ends_with(":generateContent")) {
    return R"({"candidates":[{"content":{"parts":[{"text":)" + json::write(string(text)) +
           R"(}],"role":"model"},"finishReason":"STOP"}],)"
           R"("usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":5,"totalTokenCount":16}})";
  }
  if (path == "/api/generate") {
    return R"({"model":"m","response":)" + json::write(string(text)) +
           R"(,"done":true,"prompt_eval_count":11,"eval_count":5})";
  }
  return openai_answer(text);
}

}  // namespace gvm::e2e
