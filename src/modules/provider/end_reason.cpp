#include "provider/end_reason.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "provider/provider_error.h"
#include "text/codes.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

using K = ProviderKind;

constexpr EndReason kTable[] = {
    {K::openai_compatible, "stop", End::answer},
    {K::openai_compatible, "length", End::cut},
    {K::openai_compatible, "content_filter", End::refused},
    {K::anthropic, "end_turn", End::answer},
    {K::anthropic, kStopSequence, End::answer},
    {K::anthropic, "tool_use", End::tool},
    {K::anthropic, "max_tokens", End::cut},
    {K::anthropic, "model_context_window_exceeded", End::cut},
    {K::anthropic, "pause_turn", End::cut},
    {K::anthropic, "refusal", End::refused},
    {K::google, "STOP", End::answer},
    {K::google, "MAX_TOKENS", End::cut},
    {K::google, "SAFETY", End::refused},
    {K::google, "RECITATION", End::refused},
    {K::google, "BLOCKLIST", End::refused},
    {K::google, "PROHIBITED_CONTENT", End::refused},
    {K::google, "SPII", End::refused},
    {K::google, "IMAGE_SAFETY", End::refused},
    {K::ollama, "stop", End::answer},
    {K::ollama, "length", End::cut},
    {K::ollama, "load", End::loading},
};

std::string sentence(std::string_view reason, std::string_view words) {
  std::string text = bounded_words(reason);
  if (!words.empty()) text += ": " + bounded_words(words);
  return text;
}

}  // namespace

std::string_view end_name(End end) {
  static constexpr std::array<std::string_view, 6> kNames = {"answer",  "tool call", "cut",
                                                             "refused", "loading",   "failed"};
  return kNames[static_cast<std::size_t>(end)];
}

std::span<const EndReason> end_reasons() {
  return kTable;
}

End end_of(ProviderKind provider, std::string_view reason) {
  const auto found = std::ranges::find_if(kTable, [&](const EndReason& row) {
    return row.provider == provider && row.reason == reason;
  });
  return found == std::end(kTable) ? End::failed : found->end;
}

std::optional<std::string> end_reason_at(const Value& body, std::string_view pointer) {
  const Value* reason = text::at(body, pointer);
  if (reason == nullptr || reason->is_null()) return std::nullopt;
  const auto word = reason->as_string();
  return word ? std::string(*word) : json::write(*reason);
}

std::expected<bool, CallFailure> judge_end(ProviderKind provider,
                                           std::optional<std::string_view> reason,
                                           std::string_view words) {
  const End end = reason ? end_of(provider, *reason) : End::answer;
  switch (end) {
    case End::answer:
    case End::tool:
      return false;
    case End::cut:
      return true;
    case End::refused:
      return std::unexpected(refused(sentence(*reason, words)));
    case End::loading: {
      Error error(codes::kAnswerNotUsable, Fatality::fatal,
                  "the provider answered with nothing, because it is still loading the model");
      error.with("kind", Value::string("empty"));
      return std::unexpected(
          CallFailure(std::move(error), routing::ErrorKind::empty, CallStage::meaning));
    }
    case End::failed:
      break;
  }
  const std::string said = sentence(*reason, words);
  Error error(codes::kAnswerNotUsable, Fatality::fatal,
              fmt::format("the answer ended with \"{}\", which makes no answer", said));
  error.with("end_reason", Value::string(bounded_words(*reason)));
  // A prompt can bring about all of them but the provider's own report of an error.
  const auto kind =
      *reason == "error" ? routing::ErrorKind::garbled : routing::ErrorKind::no_answer;
  CallFailure failure(std::move(error), kind, CallStage::meaning);
  failure.said = said;
  return std::unexpected(std::move(failure));
}

text::AnswerEnd end_of_text(ProviderKind provider, std::optional<std::string_view> reason) {
  if (!reason || *reason == kStopSequence) return text::AnswerEnd::cut;
  const End end = end_of(provider, *reason);
  return end == End::answer || end == End::tool ? text::AnswerEnd::stopped : text::AnswerEnd::cut;
}

CallFailure refused(std::string_view why) {
  std::string said = bounded_words(why);
  Error error(codes::kAnswerNotUsable, Fatality::fatal,
              fmt::format("the model did not answer: {}", said));
  error.with("kind", Value::string("refused"));
  CallFailure failure(std::move(error), routing::ErrorKind::content_refused, CallStage::meaning);
  failure.said = std::move(said);
  return failure;
}

}  // namespace gvm::provider
