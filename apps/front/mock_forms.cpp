#include "apps/front/mock_forms.h"

#include <array>
#include <initializer_list>

#include "base/json.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::apps {
namespace {

using config::Provider;

Value text(std::string_view value) {
  return Value::string(std::string(value));
}

// The first of these JSON pointers that leads to something.
const Value* first_of(const Value& body, std::initializer_list<std::string_view> pointers) {
  for (const auto pointer : pointers)
    if (const Value* found = text::at(body, pointer)) return found;
  return nullptr;
}

struct Parts {
  Value::Map* out;
  const Value* body;
  void copy(std::string_view name, std::initializer_list<std::string_view> pointers) const {
    if (const Value* found = first_of(*body, pointers)) out->set(name, *found);
  }
};

bool is_text_part(const Value& part) {
  return part.find("text") != nullptr;
}

// A content is a text, or a list of parts: texts and pictures.
void add_content(Value::Map& out, const Value& content) {
  const auto* parts = content.as_array();
  if (parts == nullptr) {
    out.set("prompt", content);
    return;
  }
  std::int64_t images = 0;
  for (const auto& part : *parts) {
    if (is_text_part(part))
      out.set("prompt", *part.find("text"));
    else
      ++images;
  }
  out.set("images", Value::integer(images));
}

void add_messages(Value::Map& out, const Value::Array& messages, const char* content) {
  for (const auto& message : messages) {
    const Value* said = message.find(content);
    if (said == nullptr) continue;
    const auto role = text::string_at(message, "/role").value_or("user");
    if (role == "system") out.set("system", *said);
    if (role == "user") add_content(out, *said);
  }
}

// ".../models/NAME:generateContent"
std::string model_in(const std::string& path) {
  const auto from = path.rfind('/') + 1;
  return path.substr(from, path.rfind(':') - from);
}

void add_prompt(Value::Map& out, Provider provider, const Value& body) {
  const char* list = provider == Provider::google ? "/contents" : "/messages";
  const char* content = provider == Provider::google ? "parts" : "content";
  const Value* messages = text::at(body, list);
  if (messages != nullptr && messages->as_array())
    add_messages(out, *messages->as_array(), content);
  const Value* images = body.find("images");
  if (provider == Provider::ollama && images != nullptr && images->as_array())
    out.set("images", Value::integer(static_cast<std::int64_t>(images->as_array()->size())));
}

Value usage(std::string_view in, std::string_view out, const PlannedAnswer& answer) {
  return Value::fields(in, Value::integer(answer.input), out, Value::integer(answer.output));
}

Value with_total(Value usage, std::string_view total, const PlannedAnswer& answer) {
  usage.as_map()->set(total, Value::integer(answer.input + answer.output));
  return usage;
}

std::string_view finish_or(const PlannedAnswer& answer, std::string_view usual) {
  return answer.finish.empty() ? usual : std::string_view(answer.finish);
}

Value openai_body(const PlannedAnswer& answer) {
  Value message = Value::fields("role", text("assistant"), "content", text(answer.text));
  Value choice = Value::fields("index", Value::integer(0), "message", std::move(message),
                               "finish_reason", text(finish_or(answer, "stop")));
  return Value::fields(
      "object", text("chat.completion"), "choices", Value::list(std::move(choice)), "usage",
      with_total(usage("prompt_tokens", "completion_tokens", answer), "total_tokens", answer));
}

// A model that was told to call a tool answers by calling it.
Value anthropic_body(const Value& request, const PlannedAnswer& answer) {
  const auto tool = text::string_at(request, "/tool_choice/name");
  auto input = text::parse_json(answer.text);
  const bool calls = tool && input;
  Value block = calls ? Value::fields("type", text("tool_use"), "id", text("tool-1"), "name",
                                      text(*tool), "input", std::move(*input))
                      : Value::fields("type", text("text"), "text", text(answer.text));
  return Value::fields("type", text("message"), "role", text("assistant"), "content",
                       Value::list(std::move(block)), "stop_reason",
                       text(finish_or(answer, calls ? "tool_use" : "end_turn")), "usage",
                       usage("input_tokens", "output_tokens", answer));
}

Value google_body(const PlannedAnswer& answer) {
  Value parts = Value::list(Value::fields("text", text(answer.text)));
  Value content = Value::fields("role", text("model"), "parts", std::move(parts));
  Value candidate =
      Value::fields("content", std::move(content), "finishReason", text(finish_or(answer, "STOP")));
  return Value::fields("candidates", Value::list(std::move(candidate)), "usageMetadata",
                       with_total(usage("promptTokenCount", "candidatesTokenCount", answer),
                                  "totalTokenCount", answer));
}

Value ollama_body(const PlannedAnswer& answer) {
  return Value::fields("response", text(answer.text), "done", Value::boolean(true), "done_reason",
                       text(finish_or(answer, "stop")), "prompt_eval_count",
                       Value::integer(answer.input), "eval_count", Value::integer(answer.output));
}

Value good_body(Provider provider, const Value& request, const PlannedAnswer& answer) {
  switch (provider) {
    case Provider::anthropic:
      return anthropic_body(request, answer);
    case Provider::google:
      return google_body(answer);
    case Provider::ollama:
      return ollama_body(answer);
    case Provider::openai_compatible:
      break;
  }
  return openai_body(answer);
}

}  // namespace

Value request_parts(Provider provider, const std::string& path, const Value& body) {
  Value::Map out;
  const Parts parts{&out, &body};
  parts.copy("model", {"/model"});
  if (provider == Provider::google) out.set("model", text(model_in(path)));
  parts.copy("prompt", {"/prompt"});
  parts.copy("system", {"/system", "/system_instruction/parts/0/text"});
  add_prompt(out, provider, body);
  parts.copy("temperature",
             {"/temperature", "/options/temperature", "/generationConfig/temperature"});
  parts.copy("top_p", {"/top_p", "/options/top_p", "/generationConfig/topP"});
  parts.copy("seed", {"/seed", "/options/seed", "/generationConfig/seed"});
  parts.copy("max_tokens", {"/max_tokens", "/max_completion_tokens", "/options/num_predict",
                            "/generationConfig/maxOutputTokens"});
  out.set("json", body);
  return Value::map(std::move(out));
}

std::string answer_body(Provider provider, const Value& request, const PlannedAnswer& answer) {
  if (answer.status < 300) return json::write(good_body(provider, request, answer));
  const Value error = Value::fields("type", text("mock_error"), "message",
                                    text(answer.text.empty() ? "the test says so" : answer.text));
  return json::write(Value::fields("error", error));
}

}  // namespace gvm::apps
