#include "routing/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/error_codes.h"

namespace gvm::routing {

std::string_view name_of(GiveUp::Why why) {
  constexpr std::array<std::string_view, 8> kNames = {"final_error", "no_candidate", "all_failed",
                                                      "unavailable", "attempts",     "deadline",
                                                      "cost",        "retry_budget"};
  return kNames[static_cast<std::size_t>(why)];
}

Error GiveUp::to_error(Time now) const {
  const bool late = why == Why::deadline || last == ErrorKind::deadline;
  const bool left = why == Why::final_error && last == ErrorKind::cancelled;
  const auto code =
      left ? codes::kCancelled : (late ? codes::kDeadlineExceeded : codes::kNoProviderForPrompt);
  std::string sentence = "no candidate answered: " + std::string(name_of(why));
  const auto wait = std::chrono::ceil<milliseconds>(
      recovers_at ? std::max(Duration::zero(), *recovers_at - now) : Duration::zero());
  if (recovers_at) sentence += fmt::format("; the first may work again in {} ms", wait.count());
  Error error(code, Fatality::fatal, std::move(sentence));
  error.with("why", Value::string(std::string(name_of(why))));
  error.with("attempts", Value::integer(static_cast<std::int64_t>(attempts)));
  if (last) error.with("last_error", Value::string(std::string(name_of(*last))));
  if (recovers_at)
    error.with("recovers_in_ms", Value::integer(static_cast<std::int64_t>(wait.count())));
  return error;
}

}  // namespace gvm::routing
