// Anthropic's messages form: POST {host}/v1/messages. JSON and bool answers come through a tool
// that the model is made to call; the tool's input is the object.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/json.h"
#include "provider/dialects.h"
#include "provider/end_reason.h"
#include "provider/provider_error.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

constexpr std::string_view kToolName = "answer";
// The form demands max_tokens; this stands in when neither script nor configuration names one.
constexpr std::uint32_t kDefaultMaxTokens = 4096;

Value text_value(std::string_view text) {
  return Value::string(Blob::borrow(text));
}

Value user_content(const Prompt& prompt) {
  Value::Array parts;
  for (const auto& image : prompt.images) {
    // data_url sniffs the type; this form wants type and data apart.
    const std::string url = data_url(image.view());
    const auto semicolon = url.find(';');
    Value source = Value::fields("type", text_value("base64"), "media_type",
                                 Value::string(url.substr(5, semicolon - 5)), "data",
                                 Value::string(url.substr(semicolon + 8)));
    parts.push_back(Value::fields("type", text_value("image"), "source", std::move(source)));
  }
  parts.push_back(
      Value::fields("type", text_value("text"), "text", text_value(prompt.user_message.view())));
  return Value::array(std::move(parts));
}

Value message(std::string_view role, Value content) {
  return Value::fields("role", text_value(role), "content", std::move(content));
}

Value tool_schema(Format format) {
  if (format == Format::json)
    return Value::fields("type", text_value("object"), "additionalProperties",
                         Value::boolean(true));
  Value properties =
      Value::fields("reason",
                    Value::fields("type", text_value("string"), "description",
                                  text_value("why, in a few sentences; written first")),
                    "result", Value::fields("type", text_value("boolean")));
  Value required = Value::list(text_value("result"));
  return Value::fields("type", text_value("object"), "properties", std::move(properties),
                       "required", std::move(required));
}

void add_tool(Value::Map& body, Format format) {
  Value tool = Value::fields("name", text_value(kToolName), "description",
                             text_value("Gives the answer as a JSON object."), "input_schema",
                             tool_schema(format));
  body.set("tools", Value::list(std::move(tool)));
  body.set("tool_choice", Value::fields("type", text_value("tool"), "name", text_value(kToolName),
                                        "disable_parallel_tool_use", Value::boolean(true)));
}

// All text blocks, joined; thoughts are skipped. Empty: there is none.
std::optional<std::string> text_of(const Value::Array& blocks) {
  std::optional<std::string> joined;
  for (const auto& block : blocks) {
    if (text::string_at(block, "/type") != "text") continue;
    const auto text = text::string_at(block, "/text");
    if (text) joined = joined.value_or("") + std::string(*text);
  }
  return joined;
}

std::vector<const Value*> tool_calls_in(const Value::Array& blocks) {
  std::vector<const Value*> calls;
  for (const auto& block : blocks) {
    if (text::string_at(block, "/type") == "tool_use") calls.push_back(&block);
  }
  return calls;
}

std::optional<CallFailure> fault_of_call(const Value& call) {
  const auto name = text::string_at(call, "/name").value_or("");
  if (name != kToolName)
    return no_answer(
        fmt::format("call of the tool \"{}\", but one of \"{}\"", kToolName, bounded_words(name)));
  const Value* input = call.find("input");
  if (input == nullptr || !input->as_map()) return no_answer("object in the tool's input");
  return std::nullopt;
}

// A model may call its tool more than once: calls that say different things are no answer.
std::expected<Answer, CallFailure> answer_of_calls(const std::vector<const Value*>& calls,
                                                   bool cut) {
  for (const Value* call : calls) {
    if (auto fault = fault_of_call(*call)) return std::unexpected(std::move(*fault));
  }
  const Value& input = *calls.front()->find("input");
  const bool agree =
      std::ranges::all_of(calls, [&](const Value* call) { return *call->find("input") == input; });
  if (!agree)
    return std::unexpected(no_answer(
        fmt::format("single call of the tool, but {} with different inputs", calls.size())));
  return Answer{.text = json::write(input), .cut = cut, .end = text::AnswerEnd::stopped};
}

class Anthropic final : public Dialect {
 public:
  std::string base_path(const CallTarget&) const override { return "/v1"; }
  std::string method_path(const CallTarget&) const override { return "/messages"; }
  DialectHeader version_header(const CallTarget& target) const override {
    return {"anthropic-version", target.api_version.empty() ? "2023-06-01" : target.api_version};
  }

  Value body(const Prompt& prompt, const CallTarget& target, Format format) const override {
    Value::Array messages;
    messages.push_back(message("user", user_content(prompt)));
    if (const auto& wrong = prompt.correction) {
      messages.push_back(message("assistant", text_value(wrong->answer)));
      messages.push_back(message("user", text_value(wrong->fault)));
    }
    Value::Map body;
    body.set("model", text_value(target.model));
    body.set("messages", Value::array(std::move(messages)));
    body.set("stream", Value::boolean(false));
    body.set(
        "max_tokens",
        Value::integer(static_cast<std::int64_t>(prompt.max_tokens.value_or(kDefaultMaxTokens))));
    if (prompt.system_message) body.set("system", text_value(prompt.system_message->view()));
    put(body, "temperature", prompt.sampling.temperature);
    put(body, "top_p", prompt.sampling.top_p);
    put(body, "top_k", prompt.sampling.top_k);
    if (!prompt.sampling.stop.empty()) body.set("stop_sequences", stop_list(prompt.sampling));
    if (format != Format::text && target.supports_json) add_tool(body, format);
    return Value::map(std::move(body));
  }

  std::expected<Answer, CallFailure> read(const Value& body, Format format) const override {
    const Value* content = body.find("content");
    if (content == nullptr || !content->as_array())
      return std::unexpected(not_the_promised_form("list of blocks in /content"));
    const auto& blocks = *content->as_array();
    auto text = text_of(blocks);
    const auto reason = end_reason_at(body, "/stop_reason");
    if (!reason) return std::unexpected(not_the_promised_form("/stop_reason"));
    auto cut = judge_end(ProviderKind::anthropic, reason, text.value_or(""));
    if (!cut) return std::unexpected(std::move(cut).error());
    const auto calls = tool_calls_in(blocks);
    // No tool is offered for a text prompt.
    const bool ends_in_call = end_of(ProviderKind::anthropic, *reason) == End::tool;
    if (ends_in_call && (calls.empty() || format == Format::text))
      return std::unexpected(no_answer("call of a tool that it was made to call"));
    // A stop sequence within a tool's input leaves the part in front of it.
    if (!calls.empty() && format != Format::text)
      return answer_of_calls(calls, *cut || *reason == kStopSequence);
    if (text || *cut)
      return Answer{.text = text.value_or(""),
                    .cut = *cut,
                    .end = end_of_text(ProviderKind::anthropic, reason)};
    return std::unexpected(
        no_answer(format == Format::text ? "text block in /content" : "tool call in /content"));
  }

  TokenUsage usage(const Value& body) const override {
    TokenUsage usage;
    usage.input = count_at(body, "/usage/input_tokens");
    usage.output = count_at(body, "/usage/output_tokens");
    usage.total = sum_of(usage.input, usage.output);
    // Not part of input_tokens here, unlike in the OpenAI form.
    usage.cache_read = count_at(body, "/usage/cache_read_input_tokens");
    usage.cache_write = count_at(body, "/usage/cache_creation_input_tokens");
    if (const Value* raw = body.find("usage")) usage.raw_usage = *raw;
    return usage;
  }
};

}  // namespace

const Dialect& anthropic_dialect() {
  static const Anthropic dialect;
  return dialect;
}

}  // namespace gvm::provider
