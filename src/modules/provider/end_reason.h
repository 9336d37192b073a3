#pragma once
// What a provider's end reason says about the answer. Each form has a list of the reasons that make
// an answer; a reason that is not listed is a failure, whatever text came with it.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/value.h"
#include "provider/call_failure.h"
#include "provider/provider_kind.h"
#include "text/answer_end.h"

namespace gvm::provider {

inline constexpr std::string_view kStopSequence = "stop_sequence";  // of Anthropic

enum class End : std::uint8_t {
  answer,   // the model ended its answer
  tool,     // it called a tool: an answer when that is the tool it was made to call
  cut,      // a limit ended it
  refused,  // the model or a filter of the provider's did not want to answer
  loading,  // there is no text because the model is still being loaded
  failed,   // anything else
};
std::string_view end_name(End end);

struct EndReason {
  ProviderKind provider;
  std::string_view reason;  // as the provider writes it
  End end;
};
// The whole table, for the documentation and its test.
std::span<const EndReason> end_reasons();

End end_of(ProviderKind provider, std::string_view reason);

// The end reason at `pointer`; empty when it is absent or null. A reason that is no text, such as
// the number of an enumeration, is given as its JSON, which no table lists: it makes no answer.
std::optional<std::string> end_reason_at(const Value& body, std::string_view pointer);

// Whether a limit cut the answer, or why this end makes no answer. `reason` is absent where the
// provider gave none, which the caller has allowed. `words` is what the provider says about it.
std::expected<bool, CallFailure> judge_end(ProviderKind provider,
                                           std::optional<std::string_view> reason,
                                           std::string_view words);

// Stopped only where the provider says that the model ended its answer. A reason that is absent
// says nothing, and a stop sequence may stand within the answer.
text::AnswerEnd end_of_text(ProviderKind provider, std::optional<std::string_view> reason);

// ANSWER_NOT_USABLE, ctx.kind "refused"; `why` are the provider's words.
CallFailure refused(std::string_view why);

}  // namespace gvm::provider
