// Google's Gemini form: POST {host}/v1beta/models/{model}:generateContent. The key goes in a
// header, never in the URL.
#include <fmt/format.h>

#include "provider/dialects.h"
#include "provider/end_reason.h"
#include "provider/provider_error.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

Value text_part(std::string_view text) {
  return Value::fields("text", Value::string(Blob::borrow(text)));
}

Value parts_of(const Prompt& prompt) {
  Value::Array parts;
  for (const auto& image : prompt.images) {
    const std::string url = data_url(image.view());
    const auto semicolon = url.find(';');
    Value inline_data = Value::fields("mime_type", Value::string(url.substr(5, semicolon - 5)),
                                      "data", Value::string(url.substr(semicolon + 8)));
    parts.push_back(Value::fields("inline_data", std::move(inline_data)));
  }
  parts.push_back(text_part(prompt.user_message.view()));
  return Value::array(std::move(parts));
}

Value content(std::string_view role, Value parts) {
  return Value::fields("role", Value::string(Blob::borrow(role)), "parts", std::move(parts));
}

Value generation_config(const Prompt& prompt, bool json) {
  Value::Map config;
  config.set("responseMimeType", Value::string(json ? "application/json" : "text/plain"));
  put(config, "maxOutputTokens", prompt.max_tokens);
  put(config, "temperature", prompt.sampling.temperature);
  put(config, "topP", prompt.sampling.top_p);
  put(config, "topK", prompt.sampling.top_k);
  put(config, "presencePenalty", prompt.sampling.presence_penalty);
  put(config, "frequencyPenalty", prompt.sampling.frequency_penalty);
  put(config, "seed", prompt.sampling.seed);
  if (!prompt.sampling.stop.empty()) config.set("stopSequences", stop_list(prompt.sampling));
  return Value::map(std::move(config));
}

// Servers in front of Google's write the mark as a word or as a number, too.
bool is_thought(const Value& part) {
  const Value* mark = part.find("thought");
  if (mark == nullptr || mark->is_null()) return false;
  if (const bool* set = mark->as_bool()) return *set;
  if (const auto word = mark->as_string()) return !word->empty() && *word != "false";
  if (const Integer* number = mark->as_integer()) return *number != Integer(0);
  return true;
}

// All parts but thoughts, joined. Empty: there is none.
std::optional<std::string> text_of(const Value& candidate) {
  const Value* parts = text::at(candidate, "/content/parts");
  if (parts == nullptr || !parts->as_array()) return std::nullopt;
  std::optional<std::string> joined;
  for (const auto& part : *parts->as_array()) {
    if (is_thought(part)) continue;
    if (auto text = text::string_at(part, "/text"))
      joined = joined.value_or("") + std::string(*text);
  }
  return joined;
}

class Google final : public Dialect {
 public:
  std::string base_path(const CallTarget& target) const override {
    return fmt::format("/{}", target.api_version.empty() ? "v1beta" : target.api_version);
  }
  std::string method_path(const CallTarget& target) const override {
    return fmt::format("/models/{}:generateContent", target.model);
  }

  Value body(const Prompt& prompt, const CallTarget& target, Format format) const override {
    Value::Array contents;
    contents.push_back(content("user", parts_of(prompt)));
    if (const auto& wrong = prompt.correction) {
      contents.push_back(content("model", Value::list(text_part(wrong->answer))));
      contents.push_back(content("user", Value::list(text_part(wrong->fault))));
    }
    Value::Map body;
    body.set("contents", Value::array(std::move(contents)));
    body.set("generationConfig",
             generation_config(prompt, format != Format::text && target.supports_json));
    if (prompt.system_message) {
      Value parts = Value::list(text_part(prompt.system_message->view()));
      body.set("system_instruction", Value::fields("parts", std::move(parts)));
    }
    return Value::map(std::move(body));
  }

  std::expected<Answer, CallFailure> read(const Value& body, Format) const override {
    const Value* blocked = text::at(body, "/promptFeedback/blockReason");
    if (blocked != nullptr && !says_nothing(*blocked)) {
      const auto reason = end_reason_at(body, "/promptFeedback/blockReason");
      const auto message = text::string_at(body, "/promptFeedback/blockReasonMessage");
      return std::unexpected(
          refused(message ? fmt::format("{}: {}", *reason, *message) : std::string(*reason)));
    }
    const Value* candidate = text::at(body, "/candidates/0");
    if (candidate == nullptr) return std::unexpected(not_the_promised_form("/candidates/0"));
    const auto reason = end_reason_at(*candidate, "/finishReason");
    auto cut = judge_end(ProviderKind::google, reason,
                         text::string_at(*candidate, "/finishMessage").value_or(""));
    if (!cut) return std::unexpected(std::move(cut).error());
    auto text = text_of(*candidate);
    if (text || *cut)
      return Answer{
          .text = text.value_or(""), .cut = *cut, .end = end_of_text(ProviderKind::google, reason)};
    return std::unexpected(no_answer("text at /candidates/0/content/parts"));
  }

  TokenUsage usage(const Value& body) const override {
    TokenUsage usage;
    usage.input = count_at(body, "/usageMetadata/promptTokenCount");
    // Thinking is billed as output, but counted apart.
    const auto thoughts = count_at(body, "/usageMetadata/thoughtsTokenCount");
    usage.output = count_at(body, "/usageMetadata/candidatesTokenCount");
    if (thoughts) usage.output = sum_of(usage.output.value_or(0), thoughts);
    usage.total = count_at(body, "/usageMetadata/totalTokenCount");
    usage.cache_read = count_at(body, "/usageMetadata/cachedContentTokenCount");
    if (const Value* raw = body.find("usageMetadata")) usage.raw_usage = *raw;
    return usage;
  }
};

}  // namespace

const Dialect& google_dialect() {
  static const Google dialect;
  return dialect;
}

}  // namespace gvm::provider
