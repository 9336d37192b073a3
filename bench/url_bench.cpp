// Parsing realistic URLs, compared with copying them.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "url/url.h"

namespace {

std::vector<std::string> realistic_urls() {
  static constexpr std::array<const char*, 6> kHosts = {
      "api.openai.com", "en.wikipedia.org", "www.example.co.uk", "raw.githubusercontent.com",
      "localhost:8080", "News.Site.COM"};
  static constexpr std::array<const char*, 6> kTails = {
      "/v1/chat/completions",
      "/wiki/Uniform_Resource_Locator#Syntax",
      "/search?q=genlayer+validators&hl=en&source=hp&ei=8f9aZbC&iflsig=AO6bgOgAAAAAZW",
      "/a/b/../c/./d%20e/index.html?x=1&y=%E2%82%AC",
      "/article/2024/11/"
      "the-quick-brown-fox-jumps-over-the-lazy-dog-and-runs-away-123456.html?utm_source=feed",
      "/"};
  std::vector<std::string> urls;
  for (const auto* host : kHosts) {
    for (const auto* tail : kTails) urls.push_back(std::string("https://") + host + tail);
  }
  return urls;
}

std::int64_t bytes_of(const std::vector<std::string>& urls) {
  std::int64_t sum = 0;
  for (const auto& url : urls) sum += static_cast<std::int64_t>(url.size());
  return sum;
}

void ParseUrls(benchmark::State& state) {
  const auto urls = realistic_urls();
  for (auto _ : state) {
    for (const auto& url : urls) benchmark::DoNotOptimize(gvm::url::parse(url));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * bytes_of(urls));
}
BENCHMARK(ParseUrls);

void BaselineCopyUrls(benchmark::State& state) {
  const auto urls = realistic_urls();
  for (auto _ : state) {
    for (const auto& url : urls) {
      std::string copy = url;
      benchmark::DoNotOptimize(copy);
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * bytes_of(urls));
}
BENCHMARK(BaselineCopyUrls);

}  // namespace
