#pragma once
// Counts of calls and tokens by backend and model. Written from every lane with relaxed atomics,
// read by /metrics.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "provider/token_usage.h"

namespace gvm::provider {

class Counters {
 public:
  struct Row {
    std::string backend;
    std::string model;
    std::string upstream;  // host and name there: another one has nothing of left_out
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> unusable{0};  // answered and paid, but not of the asked form
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> cut{0};  // answered, with a text that a limit had cut
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::uint64_t> input_tokens{0};
    std::atomic<std::uint64_t> output_tokens{0};
    std::atomic<std::uint64_t> microseconds{0};
    std::atomic<std::uint64_t> nano_usd{0};  // charged, also where the worst case was
    // Since its last answer: calls that ended with nothing said. A reload may begin again.
    std::atomic<std::uint32_t> blanks_in_a_row{0};
    // Parameters that the model was found not to take, as bits (parameter.h).
    std::atomic<std::uint32_t> left_out{0};
  };

  Counters() = default;
  // After a reload: the rows of `before` go on, and are shared with it.
  explicit Counters(const Counters& before) : rows_(before.rows_) {}
  Counters& operator=(const Counters&) = delete;

  // Before sessions use this object; returns the row's index. The row of that name goes on.
  std::size_t add(std::string backend, std::string model, std::string upstream = {});
  Row& at(std::size_t index) { return *rows_[index]; }
  // A paid answer is counted on every path, usable or not.
  void record_usage(std::size_t index, const TokenUsage& usage);
  void write_to(metrics::Exposition& out) const;

 private:
  std::vector<std::shared_ptr<Row>> rows_;
};

}  // namespace gvm::provider
