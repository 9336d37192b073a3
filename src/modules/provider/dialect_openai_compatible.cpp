// The chat completions form of OpenAI, which most servers speak: POST {host}/v1/chat/completions.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/json.h"
#include "provider/dialects.h"
#include "provider/end_reason.h"
#include "provider/provider_error.h"
#include "text/codes.h"
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

// What `content` holds: a string, or with some servers a list of parts.
struct Content {
  std::string text;
  std::optional<std::string> refusal;
  std::string unknown_part;  // the type of one that has words, but is none that is known
  bool there = false;
};

// Of parts that are the answer's words, and of those that are not: thoughts, citations.
constexpr std::string_view kWords[] = {"text", "output_text"};
constexpr std::string_view kAside[] = {"thinking",     "reasoning", "redacted_thinking", "thought",
                                       "summary_text", "reference", "reasoning_text",    "refusal"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Content content_of(const Value& message) {
  Content out;
  const Value* content = message.find("content");
  if (content == nullptr) return out;
  if (auto text = content->as_string()) {
    out.text = *text;
    out.there = true;
  }
  const auto* parts = content->as_array();
  if (parts == nullptr) return out;
  out.there = true;
  for (const auto& part : *parts) {
    const auto type = text::string_at(part, "/type").value_or("text");
    const auto text = text::string_at(part, "/text");
    if (text && is_one_of(kWords, type)) {
      out.text += *text;
    } else if (text && !is_one_of(kAside, type)) {
      out.unknown_part = bounded_words(type);
    }
    if (auto refusal = text::string_at(part, "/refusal")) out.refusal = *refusal;
  }
  return out;
}

std::optional<std::string> refusal_of(const Value& message, const Content& content) {
  const Value* refusal = message.find("refusal");
  if (refusal == nullptr || refusal->is_null()) return content.refusal;
  const auto words = refusal->as_string();
  if (words && words->empty()) return content.refusal;
  if (const bool* set = refusal->as_bool(); set != nullptr && !*set) return content.refusal;
  return words ? std::string(*words) : json::write(*refusal);
}

// Servers name a model's thoughts in different ways.
std::optional<std::string_view> name_of_thoughts(const Value& message) {
  for (const std::string_view name : {"reasoning_content", "reasoning", "thinking"}) {
    const Value* thoughts = message.find(name);
    if (thoughts != nullptr && !thoughts->is_null()) return name;
  }
  return std::nullopt;
}

bool mentions_json(std::string_view text) {
  constexpr std::string_view kWord = "json";
  const auto same = [](char a, char b) { return (a | 0x20) == b; };
  return std::ranges::search(text, kWord, same).begin() != text.end();
}

// JSON mode is refused unless a message has the word in it.
std::string system_text(const Prompt& prompt, bool json_mode) {
  std::string text = prompt.system_message ? std::string(prompt.system_message->view()) : "";
  if (!json_mode || mentions_json(text) || mentions_json(prompt.user_message.view())) return text;
  if (!text.empty()) text += "\n\n";
  return text + "Answer with a JSON object.";
}

// The error that ended the answer decides what kind of failure it is.
std::unexpected<CallFailure> ended_by_error(const ProviderError& said) {
  Error failed(codes::kAnswerNotUsable, Fatality::fatal,
               fmt::format("the provider ended the answer with an error: {}", said.message));
  failed.with("end_reason", Value::string("error"));
  const auto kind = kind_of(said, said.status, {});
  CallFailure failure(std::move(failed), kind, CallStage::meaning);
  failure.status = said.status;
  failure.retry_after = wait_of(said, kind);
  failure.said = said.message;
  return std::unexpected(std::move(failure));
}

class OpenAiCompatible final : public Dialect {
 public:
  std::string base_path(const CallTarget&) const override { return "/v1"; }
  std::string method_path(const CallTarget&) const override { return "/chat/completions"; }

  Value body(const Prompt& prompt, const CallTarget& target, Format format) const override {
    const bool json_mode = format != Format::text && target.supports_json;
    Value::Array messages;
    std::string system = system_text(prompt, json_mode);
    if (!system.empty()) messages.push_back(message("system", Value::string(std::move(system))));
    messages.push_back(message("user", user_content(prompt)));
    if (const auto& wrong = prompt.correction) {
      messages.push_back(message("assistant", Value::string(Blob::borrow(wrong->answer))));
      messages.push_back(message("user", Value::string(Blob::borrow(wrong->fault))));
    }

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
    if (json_mode) {
      body.set("response_format", Value::fields("type", Value::string("json_object")));
    }
    return Value::map(std::move(body));
  }

  std::expected<Answer, CallFailure> read(const Value& body, Format) const override {
    const Value* choice = text::at(body, "/choices/0");
    const Value* message = choice == nullptr ? nullptr : choice->find("message");
    if (message == nullptr) return std::unexpected(not_the_promised_form("/choices/0/message"));
    Content content = content_of(*message);
    if (auto refusal = refusal_of(*message, content)) return std::unexpected(refused(*refusal));
    // Whatever the end reason says: the text may be half of the answer.
    for (const Value* holder : {choice, message})
      if (const auto error = error_within(*holder)) return ended_by_error(*error);
    const auto reason = end_reason_at(*choice, "/finish_reason");
    auto cut = judge_end(ProviderKind::openai_compatible, reason, content.text);
    if (!cut) return std::unexpected(std::move(cut).error());
    // Left out, they would leave a hole in the answer.
    if (!content.unknown_part.empty())
      return std::unexpected(not_the_promised_form(
          fmt::format("text in parts of known types alone: one is \"{}\"", content.unknown_part)));
    // A reasoning model may spend its whole limit before the first word.
    if (content.there || *cut)
      return Answer{.text = std::move(content.text),
                    .cut = *cut,
                    .end = end_of_text(ProviderKind::openai_compatible, reason)};
    if (const auto thoughts = name_of_thoughts(*message))
      return std::unexpected(no_answer(fmt::format(
          "text at /choices/0/message/content, only {}: the model's thoughts", *thoughts)));
    return std::unexpected(no_answer("text at /choices/0/message/content"));
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
