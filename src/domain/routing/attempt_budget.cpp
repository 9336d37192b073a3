#include "routing/attempt_budget.h"

namespace gvm::routing {

std::optional<Exhausted> AttemptBudget::refuses(Time start, NanoUsd worst_case) const {
  if (attempts_ >= limits_.attempts) return Exhausted::attempts;
  if (limits_.deadline != Time::max() && after(start, limits_.least_call) > limits_.deadline)
    return Exhausted::deadline;
  if (limits_.cost && (worst_case < 0 || worst_case > *limits_.cost - committed_))
    return Exhausted::cost;
  return std::nullopt;
}

void AttemptBudget::started(NanoUsd worst_case) {
  ++attempts_;
  committed_ += std::max<NanoUsd>(0, worst_case);
}

void AttemptBudget::settled(NanoUsd worst_case, NanoUsd cost) {
  committed_ += std::max<NanoUsd>(0, cost) - std::max<NanoUsd>(0, worst_case);
}

void AttemptBudget::taken_back(NanoUsd worst_case, NanoUsd cost) {
  --attempts_;
  settled(worst_case, cost);
}

}  // namespace gvm::routing
