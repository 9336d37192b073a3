// Calldata: throughput of a large message against memcpy of the same bytes in the same run, and the
// time of a typical small request.
#include <benchmark/benchmark.h>

#include <cstring>

#include "base/size.h"
#include "calldata/decode.h"
#include "calldata/encode.h"
#include "envelope/request.h"

namespace {

using gvm::Integer;
using gvm::Value;

constexpr std::size_t kLargeBytes = 5 * gvm::kMiB;  // the largest image of a prompt

Value prompt(std::string text, Value::Array images) {
  return Value::object(
      {{"Prompt",
        Value::object(
            {{"payload", Value::object({{"response_format", Value::string("json")},
                                        {"prompt", Value::string(std::move(text))},
                                        {"images", Value::array(std::move(images))}})},
             {"remaining_fuel_as_gen", Value::integer(Integer(1'000'000'000'000'000'000))}})}});
}

Value small_prompt() {
  return prompt("Does the article say that the match was played? Answer with JSON.", {});
}

Value large_bytes() {
  Value::Array images;
  images.push_back(Value::bytes(std::string(kLargeBytes, '\x89')));
  return prompt("What is in the picture?", std::move(images));
}

Value large_text() {
  return prompt(std::string(kLargeBytes, 't'), {});
}

void set_bytes(benchmark::State& state, std::size_t size) {
  state.SetBytesProcessed(static_cast<std::int64_t>(size) * state.iterations());
}

void memcpy_of_the_same_size(benchmark::State& state) {
  const std::string frame = gvm::calldata::encode(large_bytes()).value();
  std::string copy(frame.size(), '\0');
  for (auto _ : state) {
    std::memcpy(copy.data(), frame.data(), frame.size());
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
  }
  set_bytes(state, frame.size());
}
BENCHMARK(memcpy_of_the_same_size);

void encode(benchmark::State& state, const Value& value) {
  std::size_t size = 0;
  for (auto _ : state) {
    auto frame = gvm::calldata::encode(value);
    size = frame->size();
    benchmark::DoNotOptimize(frame->data());
  }
  set_bytes(state, size);
}
BENCHMARK_CAPTURE(encode, bytes_5_mib, large_bytes());
BENCHMARK_CAPTURE(encode, text_5_mib, large_text());
BENCHMARK_CAPTURE(encode, small_prompt, small_prompt());

void decode(benchmark::State& state, const Value& value) {
  const std::string frame = gvm::calldata::encode(value).value();
  for (auto _ : state) {
    auto decoded = gvm::calldata::decode(frame);
    benchmark::DoNotOptimize(decoded);
  }
  set_bytes(state, frame.size());
}
BENCHMARK_CAPTURE(decode, bytes_5_mib, large_bytes());
BENCHMARK_CAPTURE(decode, text_5_mib, large_text());
BENCHMARK_CAPTURE(decode, small_prompt, small_prompt());

// The work of a relay: decoding and encoding, into a reused buffer.
void decode_and_encode(benchmark::State& state, const Value& value) {
  const std::string frame = gvm::calldata::encode(value).value();
  std::string out;
  for (auto _ : state) {
    const auto decoded = gvm::calldata::decode(frame);
    out.clear();
    benchmark::DoNotOptimize(gvm::calldata::encode_to(out, *decoded));
  }
  set_bytes(state, frame.size());
}
BENCHMARK_CAPTURE(decode_and_encode, bytes_5_mib, large_bytes());
BENCHMARK_CAPTURE(decode_and_encode, small_prompt, small_prompt());

void decode_and_parse_request(benchmark::State& state) {
  const std::string frame = gvm::calldata::encode(small_prompt()).value();
  for (auto _ : state) {
    auto request = gvm::envelope::parse_llm_request(gvm::calldata::decode(frame).value(),
                                                    gvm::envelope::Generation::c);
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(decode_and_parse_request);

void ten_thousand_digits(benchmark::State& state) {
  const Value value = Value::integer(Integer::parse(std::string(10'000, '7')).value());
  for (auto _ : state) {
    const auto frame = gvm::calldata::encode(value);
    benchmark::DoNotOptimize(gvm::calldata::decode(*frame));
  }
}
BENCHMARK(ten_thousand_digits);

}  // namespace
