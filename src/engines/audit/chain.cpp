#include "audit/chain.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>

#include "audit/codes.h"
#include "base/encoding.h"
#include "base/utc_text.h"

namespace gvm::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDayMs = 24 * 3'600'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kMostHeads = 32;       // that a "begin" names
constexpr std::size_t kRetiredAtOnce = 16;   // files
constexpr std::size_t kLookedAtAtOnce = 64;  // files that are young enough
constexpr std::size_t kChainBytes = 8;

// "20250131T000000Z"
std::string start_of(std::int64_t ms) {
  std::string text = utc_text(ms / 1000);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder.parent_path(), failed);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(disk_error(errno, folder.string()));
  return {};
}

// The name of a file lasts once its folder is synced.
void sync_folder(const fs::path& folder) {
  const Fd open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open) (void)::fsync(open.get());
}

}  // namespace

// Lines for both files, and where the chain stands behind them.
struct Chain::Batch {
  explicit Batch(Link at) : link(std::move(at)) {}

  void add(const std::string& line) {
    records += line;
    records += '\n';
    link = {link.seq + 1, sha256(line)};
  }

  Link link;
  std::string records;
  std::string texts;
};

Chain::Chain(const Options& options, log::Logger logger)
    : options_(options), logger_(std::move(logger)) {}

std::int64_t Chain::now_ms() const {
  if (options_.now_ms) return options_.now_ms();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<void> Chain::open_files(unsigned number) {
  FileName name = name_;
  name.number = number;
  auto texts = AppendFile::create(options_.folder / name.texts(), options_.disk);
  if (!texts) return fail(std::move(texts).error());
  auto records = AppendFile::create(options_.folder / name.records(), options_.disk);
  if (!records) {
    (void)::unlink((options_.folder / name.texts()).c_str());
    return fail(std::move(records).error());
  }
  sync_folder(options_.folder);
  name_ = std::move(name);
  texts_ = std::move(*texts);
  records_ = std::move(*records);
  return {};
}

Result<void> Chain::put(const Batch& batch) {
  const auto texts_before = texts_->size();
  if (auto ok = texts_->append(batch.texts); !ok) return ok;
  if (auto ok = records_->append(batch.records); !ok) {
    (void)texts_->cut(texts_before);
    return ok;
  }
  link_ = batch.link;
  return {};
}

// Of each chain that is there, the newest ones.
std::vector<Head> Chain::heads_before() const {
  std::map<std::pair<std::string, std::string>, FileName> last;  // by start and chain
  const auto files = list_files(options_.folder);
  if (!files) return {};
  for (const auto& file : *files)
    if (file.chain != name_.chain) last[{file.start, file.chain}] = file;
  std::vector<Head> heads;
  for (auto it = last.rbegin(); it != last.rend() && heads.size() < kMostHeads; ++it) {
    const auto tail = read_tail(options_.folder / it->second.records());
    if (tail && tail->record) heads.push_back({it->second.chain, tail->record->seq, tail->hash});
  }
  return heads;
}

Result<void> Chain::begin() {
  if (link_.seq > 0) return {};
  const auto now = now_ms();
  if (!records_) {
    if (auto ok = make_folder(options_.folder); !ok) return ok;
    name_ = {.start = start_of(now),
             .chain = hex_encode(random_bytes(kChainBytes)),
             .module = options_.module};
    if (auto ok = open_files(1); !ok) return ok;
  }
  day_ = now / kDayMs;
  Batch batch(link_);
  batch.add(begin_line(link_, now, name_.chain, options_.module, heads_before()));
  if (auto ok = put(batch); !ok) return ok;
  tell_head("audit chain begun");
  return sync(When::now);
}

Result<void> Chain::write(std::span<const Entry> answers, std::uint64_t lost,
                          std::string_view why) {
  Batch batch(link_);
  if (lost > 0) batch.add(gap_line(batch.link, now_ms(), lost, why));
  for (const auto& answer : answers) {
    const auto sealed = seal(answer, batch.link.seq, options_.keep);
    batch.texts += sealed.line + '\n';
    batch.add(line_of(batch.link, answer, sealed));
  }
  return put(batch);
}

Result<void> Chain::start_next_file() {
  if (auto ok = sync(When::now); !ok) return ok;
  return open_files(name_.number + 1);
}

Result<void> Chain::keep_up() {
  const auto now = now_ms();
  const auto day = now / kDayMs;
  if (day > day_) {
    if (auto ok = start_next_file(); !ok) return ok;
    day_ = day;
    anchor_due_ = options_.anchor;
    next_retiring_ms_ = now;
  } else if (records_->size() + texts_->size() >= options_.most_file_bytes) {
    if (auto ok = start_next_file(); !ok) return ok;
  }
  if (anchor_due_)
    if (auto ok = write_anchor(); !ok) return ok;
  return now >= next_retiring_ms_ ? retire_old_files() : Result<void>();
}

Result<void> Chain::write_anchor() {
  Batch batch(link_);
  batch.add(anchor_line(link_, now_ms()));
  if (auto ok = put(batch); !ok) return ok;
  anchor_due_ = false;
  tell_head("audit anchor");
  return sync(When::now);
}

// Whoever keeps the log, or the file of anchors, elsewhere can prove that nothing was cut off.
void Chain::tell_head(std::string_view what) {
  const auto seq = link_.seq - 1;
  logger_.info(what, {{"chain", Value::string(name_.chain)},
                      {"seq", Value::integer(static_cast<std::int64_t>(seq))},
                      {"hash", Value::string(link_.prev)}});
  if (options_.anchor_file.empty()) return;
  const auto line =
      fmt::format("{} {} {} {}\n", utc_text(now_ms() / 1000), name_.chain, seq, link_.prev);
  const Fd file(
      ::open(options_.anchor_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const bool written =
      file && ::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (written) return;
  logger_.warn("the audit's anchor_file cannot be written",
               {{"error", disk_error(errno, options_.anchor_file.string()).to_value()}});
}

// The records come first: a file that is gone without one was not removed by us.
Result<void> Chain::retire_old_files() {
  const auto now = now_ms();
  const auto oldest = now - std::chrono::milliseconds(options_.retention).count();
  const auto files = list_files(options_.folder);
  if (!files) return fail(files.error());
  std::vector<FileName> old;
  Batch batch(link_);
  std::size_t young = 0;
  for (const auto& file : *files) {
    // Another module in the same folder has a retention of its own.
    if (file == name_ || file.module != name_.module) continue;
    if (old.size() >= kRetiredAtOnce || young >= kLookedAtAtOnce) continue;
    const auto path = options_.folder / file.records();
    const auto tail = read_tail(path);
    if (!tail || !tail->record || tail->record->at_ms >= oldest || is_in_use(path)) {
      ++young;
      continue;
    }
    batch.add(
        retired_line(batch.link, now, file.records(), {file.chain, tail->record->seq, tail->hash}));
    old.push_back(file);
  }
  next_retiring_ms_ = old.size() < kRetiredAtOnce ? now + kHourMs : now;
  if (old.empty()) return {};
  if (auto ok = put(batch); !ok) return ok;
  if (auto ok = sync(When::now); !ok) return ok;
  for (const auto& file : old) {
    (void)::unlink((options_.folder / file.texts()).c_str());
    (void)::unlink((options_.folder / file.records()).c_str());
  }
  logger_.info("audit files were removed, as audit.retention says",
               {{"files", Value::integer(static_cast<std::int64_t>(old.size()))}});
  return {};
}

bool Chain::dirty() const {
  return records_ && (records_->dirty() || texts_->dirty());
}

Result<void> Chain::sync(When when) {
  const auto now = std::chrono::steady_clock::now();
  if (!dirty() || (when == When::due && now - last_sync_ < options_.sync_interval)) return {};
  if (auto ok = texts_->sync(); !ok) return ok;
  if (auto ok = records_->sync(); !ok) return ok;
  last_sync_ = now;
  return {};
}

Result<void> Chain::end() {
  if (link_.seq == 0) return {};
  Batch batch(link_);
  batch.add(end_line(link_, now_ms()));
  if (auto ok = put(batch); !ok) return ok;
  tell_head("audit chain ended");
  return sync(When::now);
}

}  // namespace gvm::audit
