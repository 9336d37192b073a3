// The cost of checking a URL against the rules, and an address against the ranges.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "policy/url_rules.h"

namespace {

using namespace gvm;
using namespace gvm::policy;

constexpr std::array kUrls = {"https://www.example.com/",
                              "https://api.coingecko.com/api/v3/simple/price?ids=bitcoin",
                              "http://example.org/a/b/c/d?e=f&g=h#i",
                              "https://en.wikipedia.org/wiki/Uniform_Resource_Locator",
                              "https://xn--bcher-kva.de/pfad/%C3%BC",
                              "https://8.8.8.8/dns-query?name=example.com",
                              "https://news.ycombinator.com/item?id=1",
                              "https://[2606:4700::6810:84e5]/cdn-cgi/trace"};

std::vector<url::Url> urls() {
  std::vector<url::Url> out;
  for (const auto* text : kUrls) out.push_back(*url::parse(text));
  return out;
}

void judge_all(benchmark::State& state, const UrlRules& rules) {
  const auto all = urls();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(rules.judge(all[i++ % all.size()]));
  state.SetItemsProcessed(state.iterations());
}

void BM_JudgeUrl(benchmark::State& state) {
  judge_all(state, *UrlRules::compile({}, AddressRules()));
}
BENCHMARK(BM_JudgeUrl);

void BM_JudgeUrlWithLists(benchmark::State& state) {
  UrlRulesConfig config;
  config.always_allow_hosts = {"localhost", "*.corp.example"};
  config.allow = {"*"};
  for (int i = 0; i < 50; ++i) config.deny.push_back("*.denied" + std::to_string(i) + ".com/path");
  config.deny.push_back("re:https?://[^/]*/admin.*");
  judge_all(state, *UrlRules::compile(std::move(config), AddressRules()));
}
BENCHMARK(BM_JudgeUrlWithLists);

void BM_ParseAndJudgeUrl(benchmark::State& state) {
  const auto rules = std::move(*UrlRules::compile({}, AddressRules()));
  std::size_t i = 0;
  for (auto _ : state) {
    const auto url = url::parse(kUrls[i++ % kUrls.size()]);
    benchmark::DoNotOptimize(rules.judge(*url));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ParseAndJudgeUrl);

void judge_address(benchmark::State& state, const char* text) {
  const AddressRules rules;
  const auto address = *IpAddress::parse(text);
  for (auto _ : state) benchmark::DoNotOptimize(rules.judge(address, 443));
  state.SetItemsProcessed(state.iterations());
}

void BM_JudgeIpv4(benchmark::State& state) {
  judge_address(state, "93.184.216.34");
}
BENCHMARK(BM_JudgeIpv4);

void BM_JudgeIpv6(benchmark::State& state) {
  judge_address(state, "2606:2800:220:1:248:1893:25c8:1946");
}
BENCHMARK(BM_JudgeIpv6);

}  // namespace
