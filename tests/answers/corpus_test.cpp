// How many broken answers are misread, and how many of the certain ones are read. The figures are
// printed: answers_test --gtest_filter='AnswerCorpus.*'.
#include "answers/corpus.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/json.h"
#include "text/json_repair.h"
#include "text/verdict.h"

namespace gvm::answers {
namespace {

// GVM_ANSWERS=N tests N answers of each kind.
std::size_t answers_of_a_kind() {
  const char* wanted = std::getenv("GVM_ANSWERS");
  return wanted == nullptr ? 100 : static_cast<std::size_t>(std::atoi(wanted));
}
constexpr std::size_t kVerdictAttacks = 40;  // times that

struct Figures {
  std::size_t answers = 0;
  std::size_t wrong = 0;
  std::size_t certain = 0;
  std::size_t read = 0;  // of the certain ones

  double wrong_share() const { return static_cast<double>(wrong) / static_cast<double>(answers); }
  double read_share() const { return static_cast<double>(read) / static_cast<double>(certain); }
};

// GVM_SHOW_ANSWERS=1 prints what is misread, =2 also the certain ones that are refused.
int shown() {
  const char* wanted = std::getenv("GVM_SHOW_ANSWERS");
  return wanted == nullptr ? 0 : std::atoi(wanted);
}

void show(std::string_view what, const BrokenKind& kind, const BrokenAnswer& answer,
          const std::string& got) {
  fmt::print("--- {} ({}):\n{}\n=> {}\n", what, kind.name, answer.text, got);
}

Figures figures_of(const BrokenKind& kind, std::uint32_t seed) {
  Random random(seed);
  Figures figures;
  for (; figures.answers < answers_of_a_kind(); ++figures.answers) {
    const auto answer = kind.make(random);
    const auto got = text::repair_answer(answer.text);
    const bool wrong = got && (!answer.right || got->value != *answer.right);
    if (wrong) ++figures.wrong;
    if (wrong && shown() > 0) show("misread", kind, answer, got->text);
    if (!kind.certain) continue;
    ++figures.certain;
    if (got && !wrong) ++figures.read;
    if (!got && shown() > 1) show("refused", kind, answer, got.error().to_string());
  }
  return figures;
}

Figures print_figures(std::string_view family, const std::vector<BrokenKind>& kinds) {
  Figures sum;
  std::uint32_t seed = 1;
  for (const auto& kind : kinds) {
    const auto figures = figures_of(kind, seed++);
    fmt::print("{:<18} {:<42} misread {:>3} of {}", family, kind.name, figures.wrong,
               figures.answers);
    fmt::print("{}\n", kind.certain ? fmt::format(", read {:>3}", figures.read) : "");
    sum.answers += figures.answers;
    sum.wrong += figures.wrong;
    sum.certain += figures.certain;
    sum.read += figures.read;
  }
  return sum;
}

struct Family {
  std::string_view name;
  std::vector<BrokenKind> kinds;
};

std::vector<Family> families() {
  auto tuned = habits();
  const auto more = faults();
  tuned.insert(tuned.end(), more.begin(), more.end());
  return {{"habits and faults", std::move(tuned)},
          {"held out", held_out()},
          {"transports", transport()},
          {"unseen", unseen()},
          {"second", second()},
          {"prose", prose()}};
}

void print_sum(std::string_view family, const Figures& sum) {
  fmt::print("{}: misread {} of {} ({:.3f} %), read {} of {} certain ones ({:.1f} %)\n", family,
             sum.wrong, sum.answers, 100 * sum.wrong_share(), sum.read, sum.certain,
             100 * sum.read_share());
}

TEST(AnswerCorpus, IsHardlyEverMisread) {
  constexpr double kMostMisread = 0.001;
  constexpr double kMostOfOneFamily = 0.0015;
  constexpr double kLeastRead = 0.9;
  Figures all;
  for (const auto& [name, kinds] : families()) {
    const auto sum = print_figures(name, kinds);
    print_sum(name, sum);
    EXPECT_LE(sum.wrong_share(), kMostOfOneFamily) << name;
    EXPECT_GE(sum.read_share(), kLeastRead) << name;
    all.answers += sum.answers;
    all.wrong += sum.wrong;
    all.certain += sum.certain;
    all.read += sum.read;
  }
  print_sum("all", all);
  EXPECT_LE(all.wrong_share(), kMostMisread);
}

TEST(AnswerCorpus, OfVerdictAttacksTurnsNone) {
  Random random(77);
  const auto attacks = kVerdictAttacks * answers_of_a_kind();
  std::size_t turned = 0;
  std::size_t read = 0;
  for (std::size_t i = 0; i < attacks; ++i) {
    const auto attack = verdict_attack(random);
    const auto got = text::read_verdict(attack.text, text::AnswerEnd::stopped);
    if (!got) continue;
    ++read;
    if (got->result == attack.own) continue;
    ++turned;
    if (shown() > 0) fmt::print("--- turned:\n{}\n", attack.text);
  }
  fmt::print("verdicts turned: {} of {}, read as the judge meant: {}\n", turned, attacks,
             read - turned);
  EXPECT_EQ(turned, 0U);
  EXPECT_GT(read, attacks / 20);
}

}  // namespace
}  // namespace gvm::answers
