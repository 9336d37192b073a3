#pragma once
// The audit as the module writes it: answers are queued by lanes and written by one thread. Lanes
// never wait for the disk. What a crash can lose, and every rule of the files: docs/audit.md.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "audit/page_record.h"
#include "audit/record.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/disk.h"

namespace gvm::audit {

// What happens to prompts and requests while the audit cannot be written.
enum class OnFailure : std::uint8_t {
  refuse,   // they are refused
  proceed,  // they are answered; a record tells later how many are missing
};

struct Options {
  std::filesystem::path folder;  // made when it is absent, for its owner alone
  std::string module = "llm";    // small letters: part of the files' names
  Keep keep = Keep::none;        // which texts
  std::chrono::hours retention{400 * 24};
  bool anchor = true;                 // a record and a line of the log for every day
  std::filesystem::path anchor_file;  // gets a line for each anchor; empty: none
  OnFailure on_failure = OnFailure::refuse;
  std::size_t most_file_bytes = 64 * kMiB;  // then the next file begins
  // What may wait for the disk.
  std::size_t most_waiting = 10'000;
  std::size_t most_waiting_bytes = 64 * kMiB;
  std::chrono::milliseconds sync_interval{1'000};  // a power loss can lose what is younger
  std::chrono::milliseconds retry{200};            // while the disk fails

  // Replaced by tests.
  std::function<std::int64_t()> now_ms;  // wall clock, since 1970; empty: the system's
  store::DiskCalls disk = store::DiskCalls::system();
};

class Chain;

class Log {
 public:
  // Begins a chain. AUDIT_*: the folder or the file cannot be written; with OnFailure::proceed that
  // is logged instead, and tried again.
  static Result<std::shared_ptr<Log>> open(Options options, log::Logger logger);
  ~Log();
  Log(const Log&) = delete;

  // Before a prompt or a request: whether it may be answered. AUDIT_* with OnFailure::refuse.
  Result<void> ready();
  // Never blocks. While too much waits, the answer is left out and counted.
  void add(Entry answer);

  // Blocks until everything added before is written, and what is due is done (anchor, retention);
  // false when `longest` has passed.
  bool flush(std::chrono::milliseconds longest);
  // Blocks: writes what it can, then ends the chain.
  void close();

  // genvm_audit_records_total, genvm_audit_lost_total, genvm_audit_failures_total,
  // genvm_audit_waiting, genvm_audit_failing.
  void write_to(metrics::Exposition& out);

 private:
  Log(Options options, log::Logger logger);

  void run();
  bool wait();
  Result<void> write_waiting();
  void failed(const Error& error);
  void recovered();

  Options options_;
  log::Logger logger_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::deque<Entry> waiting_;
  std::size_t writing_ = 0;        // taken from there, not written yet
  std::size_t waiting_bytes_ = 0;  // of both
  std::uint64_t lost_ = 0;         // not told in the chain yet
  std::uint64_t asked_ = 0;        // flushes
  std::uint64_t done_ = 0;
  bool stopping_ = false;
  std::optional<Error> failure_;  // what is wrong at present

  std::atomic<std::uint64_t> records_total_{0};
  std::atomic<std::uint64_t> lost_total_{0};
  std::atomic<std::uint64_t> failures_total_{0};

  std::unique_ptr<Chain> chain_;  // of the thread
  std::thread thread_;
};

}  // namespace gvm::audit
