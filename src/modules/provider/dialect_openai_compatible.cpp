// The chat completions form of OpenAI, which most servers speak: POST {host}/v1/chat/completions.
#include "provider/dialects.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

Value user_content(const Prompt& prompt) {
  Value::Array parts;
  parts.push_back(Value::fields("type", Value::string("text"), "text",
                                Value::string(Blob::borrow(prompt.user_message.view()))));
  for (const auto& image : prompt.images) {
    Value url = Value::fields("url", Value::string(data_url(image.view())));
    parts.push_back(Value::fields("type", Value::string("image_url"), "image_url", std::move(url)));
  }
  return Value::array(std::move(parts));
}

Value message(std::string_view role, Value content) {
  return Value::fields("role", Value::string(Blob::borrow(role)), "content", std::move(content));
}

// `content` is a string, or with some servers a list of parts.
std::optional<std::string> content_text(const Value& content) {
  if (auto text = content.as_string()) return std::string(*text);
  const auto* parts = content.as_array();
  if (parts == nullptr) return std::nullopt;
  std::string joined;
  for (const auto& part : *parts) {
    if (auto text = text::string_at(part, "/text")) joined += *text;
  }
  return joined;
}

class OpenAiCompatible final : public Dialect {
 public:
  std::string path(const CallTarget&) const override { return "/v1/chat/completions"; }

  Value body(const Prompt& prompt, const CallTarget& target, Format format) const override {
    Value::Array messages;
    if (prompt.system_message) {
      messages.push_back(
          message("system", Value::string(Blob::borrow(prompt.system_message->view()))));
    }
    messages.push_back(message("user", user_content(prompt)));

    Value::Map body;
    body.set("model", Value::string(Blob::borrow(target.model)));
    body.set("messages", Value::array(std::move(messages)));
    body.set("stream", Value::boolean(false));
    put(body, prompt.use_max_completion_tokens ? "max_completion_tokens" : "max_tokens",
        prompt.max_tokens);
    put(body, "temperature", prompt.sampling.temperature);
    put(body, "top_p", prompt.sampling.top_p);
    put(body, "top_k", prompt.sampling.top_k);
    put(body, "presence_penalty", prompt.sampling.presence_penalty);
    put(body, "frequency_penalty", prompt.sampling.frequency_penalty);
    put(body, "seed", prompt.sampling.seed);
    if (!prompt.sampling.stop.empty()) body.set("stop", stop_list(prompt.sampling));
    if (format != Format::text && target.supports_json) {
      body.set("response_format", Value::fields("type", Value::string("json_object")));
    }
    return Value::map(std::move(body));
  }

  std::expected<Answer, CallFailure> read(const Value& body, Format) const override {
    const Value* choice = text::at(body, "/choices/0");
    if (choice == nullptr) return std::unexpected(not_the_promised_form("/choices/0"));
    Answer answer;
    answer.cut = text::string_at(*choice, "/finish_reason") == "length";
    if (const Value* content = text::at(*choice, "/message/content")) {
      if (auto text = content_text(*content)) {
        answer.text = std::move(*text);
        return answer;
      }
    }
    // A reasoning model may spend its whole limit before the first word.
    if (answer.cut) return answer;
    if (auto refusal = text::string_at(*choice, "/message/refusal"))
      return std::unexpected(refused(*refusal));
    if (auto reason = text::string_at(*choice, "/finish_reason"); reason == "content_filter") {
      return std::unexpected(refused("its content filter stopped it"));
    }
    return std::unexpected(not_the_promised_form("text at /choices/0/message/content"));
  }

  TokenUsage usage(const Value& body) const override {
    TokenUsage usage;
    usage.input = count_at(body, "/usage/prompt_tokens");
    usage.output = count_at(body, "/usage/completion_tokens");
    usage.total = count_at(body, "/usage/total_tokens");
    usage.cache_read = count_at(body, "/usage/prompt_tokens_details/cached_tokens");
    usage.cache_write = count_at(body, "/usage/prompt_tokens_details/cache_write_tokens");
    if (const Value* raw = body.find("usage")) usage.raw_usage = *raw;
    return usage;
  }
};

}  // namespace

const Dialect& openai_compatible_dialect() {
  static const OpenAiCompatible dialect;
  return dialect;
}

}  // namespace gvm::provider
