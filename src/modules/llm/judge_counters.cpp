#include "llm/judge_counters.h"

#include <algorithm>

namespace gvm::llm {
namespace {

constexpr std::array<std::string_view, 4> kOutcomeNames{"true", "false", "no_majority", "refused"};

// The leader's template has no verdict.
struct Judged {
  judge::Kind kind;
  const char* name;
};
constexpr std::array<Judged, 2> kJudged{{{judge::Kind::comparative, "EqComparative"},
                                         {judge::Kind::validator, "EqNonComparativeValidator"}}};

void add(std::atomic<std::uint64_t>& count, std::uint64_t n) {
  count.fetch_add(n, std::memory_order_relaxed);
}

}  // namespace

std::optional<JudgeOutcome> judge_outcome_named(std::string_view name) {
  const auto found = std::ranges::find(kOutcomeNames, name);
  if (found == kOutcomeNames.end()) return std::nullopt;
  return static_cast<JudgeOutcome>(found - kOutcomeNames.begin());
}

void JudgeCounters::count(const Judgement& judgement) {
  const auto kind = static_cast<std::size_t>(judgement.kind);
  add(judgements_.at(kind).at(static_cast<std::size_t>(judgement.outcome)), 1);
  add(opinions_, judgement.opinions - std::min(judgement.opinions, judgement.swapped));
  add(swapped_, judgement.swapped);
  add(missing_, judgement.missing);
  if (!judgement.agreed) add(disagreements_, 1);
}

void JudgeCounters::write_to(metrics::Exposition& out) const {
  auto judgements = out.family("genvm_llm_judgements_total", metrics::Type::counter,
                               "Templates that were judged, by the verdict.");
  for (const auto& [kind, name] : kJudged)
    for (std::size_t i = 0; i < kOutcomes; ++i)
      judgements.sample(judgements_.at(static_cast<std::size_t>(kind)).at(i).load(),
                        {{"template", name}, {"outcome", kOutcomeNames.at(i)}});
  out.family("genvm_llm_judge_opinions_total", metrics::Type::counter,
             "Opinions on templates: plain, with the answers in changed places, or not to be had.")
      .sample(opinions_.load(), {{"kind", "plain"}})
      .sample(swapped_.load(), {{"kind", "swapped"}})
      .sample(missing_.load(), {{"kind", "missing"}});
  out.family("genvm_llm_judge_disagreements_total", metrics::Type::counter,
             "Judgements whose opinions were not all the same, or not all to be had.")
      .sample(disagreements_.load());
}

}  // namespace gvm::llm
