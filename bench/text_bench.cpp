// Parsing JSON into a Value, compared with the time that simdjson's on-demand parser needs to walk
// the same text.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string>

#include "text/json.h"

namespace {

// The structure of a chat completion of about 1 KB.
std::string provider_answer(std::size_t content_bytes) {
  std::string content;
  while (content.size() < content_bytes) content += "The validators agree: the claim holds.\\n";
  return R"({"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,)"
         R"("model":"gpt-4.1-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":")" +
         content +
         R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,)"
         R"("completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},)"
         R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,)"
         R"("rejected_prediction_tokens":0}},"service_tier":"default"})";
}

void report_bytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void ParseJson(benchmark::State& state) {
  const auto text = provider_answer(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(gvm::text::parse_json(text));
  report_bytes(state, text);
}
BENCHMARK(ParseJson)->Arg(128)->Arg(4096)->Arg(1 << 20);

void ParseJsonBorrowing(benchmark::State& state) {
  const auto text = provider_answer(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(gvm::text::parse_json(text, gvm::text::JsonStrings::borrow));
  }
  report_bytes(state, text);
}
BENCHMARK(ParseJsonBorrowing)->Arg(128)->Arg(4096)->Arg(1 << 20);

std::size_t walk(simdjson::ondemand::value value) {
  std::size_t seen = 1;
  switch (value.type()) {
    case simdjson::ondemand::json_type::object:
      for (auto field : value.get_object()) {
        seen += field.unescaped_key().value().size() + walk(field.value().value());
      }
      break;
    case simdjson::ondemand::json_type::array:
      for (auto item : value.get_array()) seen += walk(item.value());
      break;
    case simdjson::ondemand::json_type::string:
      seen += value.get_string().value().size();
      break;
    case simdjson::ondemand::json_type::number:
      seen += value.get_number().error() == 0;
      break;
    default:
      seen += value.raw_json_token().size();
  }
  return seen;
}

void BaselineSimdjsonWalk(benchmark::State& state) {
  const auto text = provider_answer(static_cast<std::size_t>(state.range(0)));
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    simdjson::padded_string padded(text);
    auto document = parser.iterate(padded);
    benchmark::DoNotOptimize(walk(document.get_value().value()));
  }
  report_bytes(state, text);
}
BENCHMARK(BaselineSimdjsonWalk)->Arg(128)->Arg(4096)->Arg(1 << 20);

}  // namespace
