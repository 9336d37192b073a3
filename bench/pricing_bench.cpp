// The cost of money: reading a usage object, finding prices, and computing a cost.
#include <benchmark/benchmark.h>

#include <string>

#include "config/prices_load.h"
#include "pricing/cost.h"
#include "pricing/gen.h"
#include "text/json.h"

namespace {

using namespace gvm;
using namespace gvm::pricing;

// As many entries as a large installation has.
PriceCatalog large_catalog() {
  std::string yaml = "models:\n";
  for (int i = 0; i < 300; ++i)
    yaml += "- {model: [model-" + std::to_string(i) + ", vendor-" + std::to_string(i) +
            "-*], backend: b" + std::to_string(i % 10) +
            ", input: 1.25, output: 10, cache_read: 0.125, "
            "tiers: [{above: 200000, input: 2.5, output: 15, cache_read: 0.25}]}\n";
  return PriceCatalog(config::load_prices_text(yaml, "p", config::Environment{})->config);
}

const PriceCatalog& catalog() {
  static const PriceCatalog catalog = large_catalog();
  return catalog;
}

constexpr std::string_view kOpenAi =
    R"({"prompt_tokens":10120,"completion_tokens":1499,"total_tokens":14428,)"
    R"("prompt_tokens_details":{"text_tokens":10120,"audio_tokens":0,"cached_tokens":128},)"
    R"("completion_tokens_details":{"reasoning_tokens":2809,"audio_tokens":0},)"
    R"("num_sources_used":0,"cost":0.0232856})";
constexpr std::string_view kAnthropic =
    R"({"input_tokens":520,"output_tokens":180,"cache_read_input_tokens":1800,)"
    R"("cache_creation_input_tokens":900,"service_tier":"standard",)"
    R"("cache_creation":{"ephemeral_5m_input_tokens":400,"ephemeral_1h_input_tokens":500}})";

Usage usage_of(std::string_view json) {
  return read_usage(*text::parse_json(json), config::Provider::openai_compatible, {});
}

void BM_FindExact(benchmark::State& state) {
  const auto now = std::chrono::system_clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(catalog().find("b7", "model-157", now));
}
BENCHMARK(BM_FindExact);

void BM_FindByPrefix(benchmark::State& state) {
  const auto now = std::chrono::system_clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(catalog().find("b7", "vendor-157-2026", now));
}
BENCHMARK(BM_FindByPrefix);

void BM_Cost(benchmark::State& state) {
  const auto usage = usage_of(kOpenAi);
  const auto* entry = *catalog().find("b7", "model-157", {});
  for (auto _ : state) benchmark::DoNotOptimize(cost(usage, *entry));
}
BENCHMARK(BM_Cost);

void BM_WorstCase(benchmark::State& state) {
  const auto* entry = *catalog().find("b7", "model-157", {});
  const PlannedCall plan{.prompt_tokens = 250'000, .max_tokens = 4096};
  for (auto _ : state) benchmark::DoNotOptimize(worst_case(*entry, plan));
}
BENCHMARK(BM_WorstCase);

void read(benchmark::State& state, std::string_view json) {
  const auto raw = *text::parse_json(json);
  for (auto _ : state)
    benchmark::DoNotOptimize(read_usage(raw, config::Provider::openai_compatible, {}));
}
void BM_ReadOpenAiUsage(benchmark::State& state) {
  read(state, kOpenAi);
}
BENCHMARK(BM_ReadOpenAiUsage);
void BM_ReadAnthropicUsage(benchmark::State& state) {
  read(state, kAnthropic);
}
BENCHMARK(BM_ReadAnthropicUsage);

// Everything that a prompt needs: look-up, reservation, usage, settlement.
void BM_WholeCall(benchmark::State& state) {
  const auto raw = *text::parse_json(kOpenAi);
  const auto now = std::chrono::system_clock::now();
  const PlannedCall plan{.prompt_tokens = 12'000, .max_tokens = 4096};
  for (auto _ : state) {
    const auto* entry = *catalog().find("b7", "model-157", now);
    benchmark::DoNotOptimize(worst_case(*entry, plan));
    const auto usage = read_usage(raw, config::Provider::openai_compatible, {});
    benchmark::DoNotOptimize(cost(usage, *entry));
  }
}
BENCHMARK(BM_WholeCall);

void BM_ConsumedGen(benchmark::State& state) {
  const auto rate = *GenRate::parse("1000000000000000000000");
  const auto usd = *Usd::parse("0.0232856");
  for (auto _ : state) benchmark::DoNotOptimize(consumed_gen(usd, rate));
}
BENCHMARK(BM_ConsumedGen);

}  // namespace
