#pragma once
// How templates were judged. Of the whole module, over reloads; thread safe.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/metrics.h"
#include "judge/template_kind.h"

namespace gvm::llm {

// What a judgement came to. Without a majority the verdict is false, or an error where
// `judge.disagree` is `refuse`.
enum class JudgeOutcome : std::uint8_t { yes, no, no_majority, refused };

struct Judgement {
  judge::Kind kind = judge::Kind::comparative;
  JudgeOutcome outcome = JudgeOutcome::no;
  std::uint64_t opinions = 1;  // that were given, the first among them
  std::uint64_t swapped = 0;   // of these: with the answers in changed places
  std::uint64_t missing = 0;   // that could not be had
  bool agreed = true;          // all that were given, and none was missing
};

std::optional<JudgeOutcome> judge_outcome_named(std::string_view name);

class JudgeCounters {
 public:
  void count(const Judgement& judgement);
  void write_to(metrics::Exposition& out) const;

 private:
  static constexpr std::size_t kKinds = 3;
  static constexpr std::size_t kOutcomes = 4;
  using Count = std::atomic<std::uint64_t>;

  std::array<std::array<Count, kOutcomes>, kKinds> judgements_{};
  Count opinions_{0};
  Count swapped_{0};
  Count missing_{0};
  Count disagreements_{0};
};

}  // namespace gvm::llm
