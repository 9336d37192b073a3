// Guards over prompts of 4 KB, and the text filters, bytes a second.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "guard/guard_set.h"
#include "text/filter.h"

namespace {

using gvm::guard::Action;
using gvm::guard::GuardSet;
using gvm::guard::Rule;
using gvm::guard::RuleKind;

constexpr std::size_t kPrompt = 4096;

// English prose with numbers, no two lines the same.
std::string prose(std::size_t bytes, unsigned seed) {
  static const std::vector<std::string> kWords = {
      "the",   "market",  "resolves", "to",        "yes",   "if",     "team",    "wins",
      "final", "before",  "date",     "otherwise", "it",    "no",     "answer",  "of",
      "model", "compare", "claims",   "page",      "price", "report", "council", "approved"};
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < bytes) {
    text += kWords[random() % kWords.size()];
    const auto kind = random() % 20;
    text += kind == 0   ? ".\n"
            : kind == 1 ? ", "
            : kind == 2 ? " " + std::to_string(random() % 10000) + " "
                        : " ";
  }
  text.resize(bytes);
  return text;
}

std::string mixed(std::size_t bytes) {
  const std::string line =
      "The price is 12 \u20ac; der Preis f\u00e4llt; \u0446\u0435\u043d\u0430 "
      "\u043f\u0430\u0434\u0430\u0435\u0442; "
      "\u4ef7\u683c\u4e0b\u8dcc; \u4fa1\u683c\u306f\u4e0b\u304c\u308b; "
      "\u0627\u0644\u0633\u0639\u0631; \U0001F600\n";
  std::string text;
  while (text.size() + line.size() <= bytes) text += line;
  return text;
}

Rule rule(std::string name, RuleKind kind, std::vector<std::string> entries = {}) {
  Rule made;
  made.name = std::move(name);
  made.kind = kind;
  made.action = Action::warn;
  made.entries = std::move(entries);
  return made;
}

// Half literals, half regular expressions.
std::vector<Rule> patterns(int count) {
  std::vector<std::string> literals;
  std::vector<std::string> expressions;
  for (int i = 0; i < count / 2; ++i) {
    literals.push_back("forbidden product " + std::to_string(i));
    expressions.push_back("(?i)case[- ]?" + std::to_string(i) + "[a-z]{2,8}-\\d{3,6}\\b");
  }
  return {rule("literals", RuleKind::literals, literals),
          rule("patterns", RuleKind::patterns, expressions)};
}

std::vector<Rule> detectors() {
  return {rule("secrets", RuleKind::secrets),     rule("personal", RuleKind::personal),
          rule("injection", RuleKind::injection), rule("canary", RuleKind::canary),
          rule("refusal", RuleKind::refusal),     rule("links", RuleKind::links)};
}

void inspect(benchmark::State& state, std::vector<Rule> rules, bool is_mixed = false) {
  const auto set = *GuardSet::compile(std::move(rules));
  std::vector<std::string> prompts;
  for (unsigned i = 0; i < 64; ++i)
    prompts.push_back(is_mixed ? mixed(kPrompt) : prose(kPrompt, i));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(set->inspect({.text = prompts[next++ % prompts.size()]}));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kPrompt));
}

void ThousandPatterns(benchmark::State& state) {
  inspect(state, patterns(static_cast<int>(state.range(0))));
}
BENCHMARK(ThousandPatterns)->Arg(2)->Arg(1000)->Arg(10000);

void ThousandPatternsMixedText(benchmark::State& state) {
  inspect(state, patterns(1000), true);
}
BENCHMARK(ThousandPatternsMixedText);

void AllDetectors(benchmark::State& state) {
  inspect(state, detectors(), state.range(0) != 0);
}
BENCHMARK(AllDetectors)->Arg(0)->Arg(1);

void OneDetector(benchmark::State& state) {
  auto one = detectors()[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(one.name);
  inspect(state, {one});
}
BENCHMARK(OneDetector)->DenseRange(0, 5);

void Filter(benchmark::State& state) {
  const auto names = gvm::text::text_filter_names();
  std::string name(names[static_cast<std::size_t>(state.range(0))]);
  if (name.ends_with(":N"))
    name.replace(name.size() - 1, 1, name == "LimitMarks:N" ? "4" : "900000");
  const std::vector<gvm::text::FilterStep> steps = {*gvm::text::text_filter_named(name)};
  const auto text = state.range(1) == 0 ? prose(1 << 20, 1) : mixed(1 << 20);
  for (auto _ : state) benchmark::DoNotOptimize(gvm::text::filter_text(text, steps));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
  state.SetLabel(name + (state.range(1) == 0 ? " ASCII" : " mixed"));
}
BENCHMARK(Filter)->ArgsProduct({benchmark::CreateDenseRange(0, 19, 1), {0, 1}});

}  // namespace
