#include "audit/log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "audit/chain.h"
#include "audit/codes.h"
#include "store/sqlite/background.h"

namespace gvm::audit {
namespace {

// Answers that come together are written together.
constexpr std::chrono::milliseconds kGroup{20};
constexpr std::chrono::seconds kTick{30};  // at the latest the clock is looked at
constexpr std::size_t kMostInBatch = 256;
constexpr std::size_t kMostBatchBytes = 8 * kMiB;

}  // namespace

Log::Log(Options options, log::Logger logger)
    : options_(std::move(options)),
      logger_(std::move(logger)),
      chain_(std::make_unique<Chain>(options_, logger_)) {}

Log::~Log() {
  close();
}

Result<std::shared_ptr<Log>> Log::open(Options options, log::Logger logger) {
  std::shared_ptr<Log> made(new Log(std::move(options), std::move(logger)));
  if (auto begun = made->chain_->begin(); !begun) {
    if (made->options_.on_failure == OnFailure::refuse) return fail(std::move(begun).error());
    made->failed(begun.error());
  }
  made->thread_ = std::thread([log = made.get()] {
    store::sqlite::run_in_background();
    log->run();
  });
  return made;
}

Result<void> Log::ready() {
  if (options_.on_failure == OnFailure::proceed) return {};
  const std::lock_guard lock(mutex_);
  const bool full = waiting_.size() + writing_ >= options_.most_waiting ||
                    waiting_bytes_ >= options_.most_waiting_bytes;
  if (!failure_ && !full) return {};
  const auto code = failure_ ? failure_->code() : codes::kAuditUnavailable;
  return fail(code, Fatality::fatal,
              "the audit cannot be written, and without it nothing is answered "
              "(audit.on_failure)");
}

void Log::add(Entry answer) {
  const auto bytes = bytes_of(answer);
  const std::lock_guard lock(mutex_);
  if (stopping_ || waiting_.size() + writing_ >= options_.most_waiting ||
      waiting_bytes_ + bytes > options_.most_waiting_bytes) {
    ++lost_;
    ++lost_total_;
    return;
  }
  waiting_bytes_ += bytes;
  waiting_.push_back(std::move(answer));
  if (waiting_.size() == 1) wake_.notify_one();
}

bool Log::flush(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  const auto mine = ++asked_;
  wake_.notify_one();
  return written_.wait_for(lock, longest, [&] { return done_ >= mine; });
}

void Log::close() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Log::failed(const Error& error) {
  ++failures_total_;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !failure_;
    failure_ = error;
  }
  if (first) logger_.error("the audit cannot be written", {{"error", error.to_value()}});
}

void Log::recovered() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(failure_, std::nullopt)) return;
  }
  logger_.info("the audit can be written again");
}

// True when the thread must stop.
bool Log::wait() {
  std::unique_lock lock(mutex_);
  const auto urgent = [this] { return stopping_ || asked_ > done_; };
  if (failure_) {
    wake_.wait_for(lock, options_.retry, [this] { return stopping_; });
    return stopping_;
  }
  const auto longest = chain_->dirty()
                           ? options_.sync_interval
                           : std::chrono::duration_cast<std::chrono::milliseconds>(kTick);
  wake_.wait_for(lock, longest, [&] { return urgent() || !waiting_.empty(); });
  if (!waiting_.empty()) wake_.wait_for(lock, kGroup, urgent);
  return stopping_;
}

// After a failure what was taken waits on.
Result<void> Log::write_waiting() {
  for (;;) {
    std::vector<Entry> batch;
    std::uint64_t lost = 0;
    std::string why;
    std::size_t bytes = 0;
    {
      const std::lock_guard lock(mutex_);
      lost = lost_;
      why = failure_ ? std::string(failure_->code()) : std::string(codes::kAuditUnavailable);
      while (!waiting_.empty() && batch.size() < kMostInBatch && bytes < kMostBatchBytes) {
        bytes += bytes_of(waiting_.front());
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      writing_ = batch.size();
    }
    if (batch.empty() && lost == 0) return {};
    auto written = chain_->write(batch, lost, why);
    const std::lock_guard lock(mutex_);
    writing_ = 0;
    if (!written) {
      waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()),
                      std::make_move_iterator(batch.end()));
      return written;
    }
    waiting_bytes_ -= bytes;
    lost_ -= lost;
    records_total_ += batch.size();
  }
}

void Log::run() {
  for (bool stopping = false; !stopping;) {
    stopping = wait();
    std::uint64_t asked = 0;
    bool flushed = false;
    {
      const std::lock_guard lock(mutex_);
      asked = asked_;
      flushed = asked_ > done_;
    }
    auto done = chain_->begin();
    if (done) done = chain_->keep_up();
    if (done) done = write_waiting();
    if (done) done = chain_->sync(flushed ? Chain::When::now : Chain::When::due);
    if (!done) {
      failed(done.error());
      continue;
    }
    recovered();
    const std::lock_guard lock(mutex_);
    done_ = asked;
    written_.notify_all();
  }
  if (auto ended = chain_->end(); !ended) failed(ended.error());
}

void Log::write_to(metrics::Exposition& out) {
  const auto one = [&out](std::string_view name, metrics::Type type, std::string_view help,
                          std::uint64_t value) { out.family(name, type, help).sample(value); };
  std::uint64_t waiting = 0;
  bool failing = false;
  {
    const std::lock_guard lock(mutex_);
    waiting = waiting_.size() + writing_;
    failing = failure_.has_value();
  }
  using metrics::Type;
  one("genvm_audit_records_total", Type::counter, "Answers in the audit.", records_total_.load());
  one("genvm_audit_lost_total", Type::counter, "Answers that the audit could not take.",
      lost_total_.load());
  one("genvm_audit_failures_total", Type::counter, "Times the audit could not be written.",
      failures_total_.load());
  one("genvm_audit_waiting", Type::gauge, "Answers that wait to be written.", waiting);
  one("genvm_audit_failing", Type::gauge, "1 while the audit cannot be written.", failing ? 1 : 0);
}

}  // namespace gvm::audit
