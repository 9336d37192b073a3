#include "e2e/web.h"

namespace gvm::e2e {
namespace {

const Value* response_field(const Reply& reply, std::string_view field) {
  const Value* response = reply.data.find("response");
  return response == nullptr ? nullptr : response->find(field);
}

}  // namespace

Value web_request(const WebAsk& ask) {
  Value::Map headers;
  for (const auto& [name, value] : ask.headers) headers.set(name, Value::bytes(value));
  Value payload =
      Value::fields("method", Value::string(ask.method), "url", Value::string(ask.url), "headers",
                    Value::map(std::move(headers)), "sign", Value::boolean(ask.sign));
  if (ask.body) payload.as_map()->set("body", Value::bytes(*ask.body));
  return Value::fields("Request", std::move(payload));
}

Value render(std::string url, std::string_view mode, std::string_view wait) {
  Value payload =
      Value::fields("mode", Value::string(std::string(mode)), "url", Value::string(std::move(url)));
  if (!wait.empty()) payload.as_map()->set("wait_after_loaded", Value::string(std::string(wait)));
  return Value::fields("Render", std::move(payload));
}

Value with_size_limit(Value request, std::int64_t bytes) {
  auto& [variant, payload] = *request.as_map()->begin();
  Value sized = Value::list(std::move(payload), Value::integer(bytes));
  return Value::fields(std::string(variant.view()), std::move(sized));
}

int status_of(const Reply& reply) {
  const Value* status = response_field(reply, "status");
  if (status == nullptr || !status->as_integer()) return 0;
  return static_cast<int>(status->as_integer()->to_i64().value_or(0));
}

std::string body_of(const Reply& reply) {
  const Value* body = response_field(reply, "body");
  return body == nullptr ? "no body: " + reply.shown : std::string(body->as_bytes().value_or(""));
}

std::string header_of(const Reply& reply, std::string_view name) {
  const Value* headers = response_field(reply, "headers");
  const Value* value = headers == nullptr ? nullptr : headers->find(name);
  return value == nullptr ? "" : std::string(value->as_bytes().value_or(""));
}

std::string page_text(const Reply& reply) {
  const Value* text = reply.data.find("text");
  return text == nullptr ? "no text: " + reply.shown : std::string(text->as_string().value_or(""));
}

ModuleOptions web_options(std::string more) {
  return browser_options("browser: {engine: http}\n" + more);
}

ModuleOptions browser_options(std::string more) {
  return {.program = "genvm-web",
          .more = "always_allow_hosts: [\"127.0.0.1\", \"localhost\"]\n" + more};
}

}  // namespace gvm::e2e
