#include "store/sqlite/writer.h"

#include <iterator>
#include <utility>

#include "store/sqlite/background.h"

namespace gvm::store::sqlite {
namespace {

constexpr std::chrono::milliseconds kRetry{200};  // while the disk fails
constexpr std::int64_t kPurgeEveryMs = 60'000;
// So many calls are stored before the interval is over. The group stays so small that a nearly full
// disk still takes it.
constexpr std::size_t kLargeGroup = 256;

template <class T>
void move_behind(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

Writer::Writer(Store store, const LedgerOptions& options, Parts parts)
    : store_(std::move(store)), options_(options), parts_(parts) {
  thread_ = std::thread([this] {
    run_in_background();
    run();
  });
}

void Writer::push(SettledCall call) {
  if (backlog() >= options_.most_backlog) return defer(call);
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  backlog_.fetch_add(1, std::memory_order_relaxed);
  notice();
}

void Writer::defer(const SettledCall& call) {
  if (call.reserved.segment == 0) return parts_.counters.calls_dropped.add();
  parts_.counters.calls_deferred.add();
  deferred_.add(call.reserved.segment, call.reserved.number);
  notice();
}

void Writer::push(RecordToWrite record) {
  {
    const std::lock_guard lock(mutex_);
    if (records_.size() >= options_.most_records) return parts_.counters.records_dropped.add();
    records_.push_back(std::move(record));
  }
  notice();
}

// One wake-up per interval: once awake, the thread sleeps a whole interval.
void Writer::notice() {
  if (!idle_.load(std::memory_order_seq_cst) || !idle_.exchange(false)) return;
  const std::lock_guard lock(mutex_);
  wake_.notify_one();
}

bool Writer::flush(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  const auto mine = ++asked_;
  wake_.notify_one();
  return written_.wait_for(lock, longest, [&] { return done_ >= mine; });
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Writer::wait() {
  std::unique_lock lock(mutex_);
  const auto urgent = [this] { return stopping_ || asked_ > done_; };
  const auto work = [this] {
    return !calls_.empty() || !records_.empty() || !group_.calls.empty() ||
           !group_.records.empty() || deferred_.size() > 0 || parts_.journal.dirty();
  };
  if (parts_.health.failing()) {
    wake_.wait_for(lock, kRetry, [this] { return stopping_; });
  } else {
    idle_.store(true);
    const std::chrono::milliseconds longest(kPurgeEveryMs);
    wake_.wait_for(lock, longest, [&] { return urgent() || work() || !idle_.load(); });
    idle_.store(false);
    wake_.wait_for(lock, options_.group_interval, urgent);
  }
  return stopping_;
}

void Writer::take() {
  std::vector<RecordToWrite> records;
  {
    const std::lock_guard lock(mutex_);
    move_behind(group_.calls, calls_);
    records = std::exchange(records_, {});
  }
  for (auto& record : records) {
    auto text = record.text();
    if (text.size() <= DecisionRecord::kMostBytes)
      group_.records.push_back({std::move(record.id), record.made_ms, std::move(text)});
    else
      parts_.counters.records_dropped.add();
  }
}

bool Writer::sync() {
  auto synced = parts_.journal.sync();
  if (!synced) parts_.health.failed(synced.error());
  return synced.has_value();
}

bool Writer::store() {
  group_.last_number = parts_.last_number.load();
  group_.last_ms = parts_.accounts.now_ms();
  auto added = store_.commit(group_);
  if (!added) {
    parts_.health.failed(added.error());
    return false;
  }
  for (const auto& call : group_.calls) parts_.journal.finish(call.reserved.segment);
  parts_.counters.stored.add(group_.calls.size());
  backlog_.fetch_sub(group_.calls.size(), std::memory_order_relaxed);
  group_.calls.clear();
  group_.records.clear();
  next_store_ = Clock::now() + options_.store_interval;
  auto tidied = parts_.journal.tidy();
  if (!tidied) parts_.health.failed(tidied.error());
  return tidied.has_value();
}

// A batch that was read stays in group_, so a failure of the database loses nothing.
bool Writer::store_deferred(Deferred which) {
  while (deferred_.size() > 0) {
    const auto batch = deferred_.read_oldest(options_.folder);
    if (!batch) {
      parts_.health.failed(batch.error());
      return false;
    }
    deferred_.forget(*batch);
    backlog_.fetch_add(batch->calls.size(), std::memory_order_relaxed);
    group_.calls.insert(group_.calls.end(), batch->calls.begin(), batch->calls.end());
    if (!store()) return false;
    if (which == Deferred::oldest) break;
  }
  return true;
}

void Writer::purge() {
  parts_.accounts.sweep();
  const auto now = parts_.accounts.now_ms();
  if (now < next_purge_ms_) return;
  using std::chrono::milliseconds;
  const auto more = store_.purge(now - milliseconds(options_.keep_calls).count(),
                                 now - milliseconds(options_.keep_records).count());
  next_purge_ms_ = more && *more ? now : now + kPurgeEveryMs;
}

void Writer::run() {
  for (bool stopping = false; !stopping;) {
    stopping = wait();
    std::uint64_t asked = 0;
    bool flushed = false;
    {
      const std::lock_guard lock(mutex_);
      asked = asked_;
      flushed = asked_ > done_;
    }
    take();
    const bool synced = sync();
    const bool due = stopping || flushed || parts_.health.failing() ||
                     Clock::now() >= next_store_ || group_.calls.size() >= kLargeGroup;
    if (!due) continue;
    const bool stored =
        store() && store_deferred(stopping || flushed ? Deferred::all : Deferred::oldest);
    if (synced && stored) {
      parts_.health.recovered();
      purge();
    }
    const std::lock_guard lock(mutex_);
    if (synced && stored) done_ = asked;
    written_.notify_all();
  }
}

}  // namespace gvm::store::sqlite
