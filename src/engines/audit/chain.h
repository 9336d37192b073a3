#pragma once
// The chain of one process: its files, its next record, and what the time of day demands. Blocking;
// of one thread.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/append_file.h"
#include "audit/files.h"
#include "audit/hash.h"
#include "audit/log.h"

namespace gvm::audit {

class Chain {
 public:
  // `options` outlive it.
  Chain(const Options& options, log::Logger logger);

  // Makes the first file and the record "begin", which names the heads of the chains that are
  // there. Nothing when that is done.
  Result<void> begin();
  // All of them or none. `lost`: answers that are missing before these.
  Result<void> write(std::span<const Entry> answers, std::uint64_t lost, std::string_view why);
  // A new day, a full file, files that are too old.
  Result<void> keep_up();
  enum class When { due, now };
  Result<void> sync(When when);
  bool dirty() const;
  // Writes the record "end". Nothing more is written then.
  Result<void> end();

 private:
  struct Batch;
  std::int64_t now_ms() const;
  Result<void> open_files(unsigned number);
  Result<void> put(const Batch& batch);
  Result<void> start_next_file();
  Result<void> write_anchor();
  void tell_head(std::string_view what);
  std::vector<Head> heads_before() const;
  Result<void> retire_old_files();

  const Options& options_;
  log::Logger logger_;
  FileName name_;
  std::optional<AppendFile> records_;
  std::optional<AppendFile> texts_;
  Link link_{0, std::string(kNoHash)};
  std::int64_t day_ = 0;  // days since 1970, of the file that is open
  bool anchor_due_ = false;
  std::int64_t next_retiring_ms_ = 0;
  std::chrono::steady_clock::time_point last_sync_{};
};

}  // namespace gvm::audit
