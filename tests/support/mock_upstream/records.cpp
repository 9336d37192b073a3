#include "support/mock_upstream/records.h"

#include <algorithm>

namespace gvm::mock {
namespace {

void add(Usage& sum, const Usage& part) {
  sum.input += part.input;
  sum.cache_read += part.cache_read;
  sum.cache_write += part.cache_write;
  sum.output += part.output;
  sum.reasoning += part.reasoning;
}

Value number(std::uint64_t value) {
  return Value::integer(Integer::from_u64(value));
}

}  // namespace

Value to_value(const Stats& stats) {
  Value by_fault = Value::map();
  for (const auto& [name, count] : stats.by_fault) by_fault.as_map()->set(name, number(count));
  return Value::fields("connections", number(stats.connections), "open_connections",
                       number(stats.open_connections), "calls", number(stats.calls), "delivered",
                       number(stats.delivered), "abandoned", number(stats.abandoned), "in_flight",
                       number(stats.in_flight), "most_in_flight", number(stats.most_in_flight),
                       "by_fault", std::move(by_fault));
}

void Records::connection_opened() {
  const std::lock_guard lock(mutex_);
  ++stats_.connections;
  ++stats_.open_connections;
  changed_.notify_all();
}

void Records::connection_closed() {
  const std::lock_guard lock(mutex_);
  --stats_.open_connections;
  changed_.notify_all();
}

void Records::connection_struck(const std::string& fault) {
  const std::lock_guard lock(mutex_);
  ++stats_.by_fault[fault];
}

std::uint64_t Records::call_began(CallRecord record) {
  const std::lock_guard lock(mutex_);
  record.id = next_id_++;
  ++stats_.calls;
  ++stats_.by_fault[record.fault];
  stats_.most_in_flight = std::max(stats_.most_in_flight, ++stats_.in_flight);
  calls_.push_back(std::move(record));
  if (calls_.size() > kept_calls_) {
    dropped_billed_ += calls_.front().billed ? 1 : 0;
    calls_.pop_front();
  }
  changed_.notify_all();
  return calls_.back().id;
}

void Records::call_billed(std::uint64_t id, const std::string& model, const Usage& usage,
                          std::int64_t cost_nano_usd) {
  const std::lock_guard lock(mutex_);
  ++sums_.calls;
  add(sums_.usage, usage);
  sums_.cost_nano_usd += cost_nano_usd;
  sums_.cost_by_model[model] += cost_nano_usd;
  CallRecord* record = find(id);
  if (record == nullptr) {
    ++dropped_billed_;
    return;
  }
  record->billed = true;
  record->usage = usage;
  record->cost_nano_usd = cost_nano_usd;
}

void Records::call_ended(std::uint64_t id, Clock::time_point answered,
                         Clock::time_point peer_closed) {
  const std::lock_guard lock(mutex_);
  --stats_.in_flight;
  stats_.delivered += answered != Clock::time_point() ? 1 : 0;
  stats_.abandoned += peer_closed != Clock::time_point() ? 1 : 0;
  if (CallRecord* record = find(id)) {
    record->answered = answered;
    record->peer_closed = peer_closed;
  }
  changed_.notify_all();
}

Stats Records::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

Bill Records::bill() const {
  const std::lock_guard lock(mutex_);
  Bill out = sums_;
  out.rows_dropped = dropped_billed_;
  for (const auto& call : calls_) {
    if (call.billed) out.rows.push_back(call);
  }
  return out;
}

std::vector<CallRecord> Records::calls() const {
  const std::lock_guard lock(mutex_);
  return {calls_.begin(), calls_.end()};
}

bool Records::wait(const std::function<bool(const Stats&)>& condition,
                   std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return condition(stats_); });
}

void Records::reset() {
  const std::lock_guard lock(mutex_);
  Stats fresh;
  fresh.open_connections = stats_.open_connections;
  fresh.in_flight = fresh.most_in_flight = stats_.in_flight;
  stats_ = std::move(fresh);
  sums_ = Bill();
  dropped_billed_ = 0;
  calls_.clear();
}

// Ids are consecutive.
CallRecord* Records::find(std::uint64_t id) {
  if (calls_.empty() || id < calls_.front().id) return nullptr;
  return &calls_[id - calls_.front().id];
}

}  // namespace gvm::mock
