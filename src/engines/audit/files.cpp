#include "audit/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "audit/codes.h"
#include "audit/hash.h"

namespace gvm::audit {
namespace {

constexpr std::string_view kPrefix = "audit-";
constexpr std::size_t kStartSize = 16;  // "20250131T000000Z"
constexpr std::size_t kChainSize = 16;
constexpr std::size_t kChunk = 64 * kKiB;

std::string_view code_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return codes::kAuditDiskFull;
    case EROFS:
    case EACCES:
    case EPERM:
      return codes::kAuditReadOnly;
    default:
      return codes::kAuditUnavailable;
  }
}

bool is_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == text.npos;
}

// Up to the next '-', which is removed too.
std::string_view take_part(std::string_view& rest) {
  const auto end = std::min(rest.find('-'), rest.size());
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

std::string FileName::stem() const {
  return fmt::format("{}{}-{}-{}-{:04}", kPrefix, module, start, chain, number);
}

std::optional<FileName> parse_file_name(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kRecords)) return std::nullopt;
  name.remove_suffix(kRecords.size());
  name.remove_prefix(kPrefix.size());
  FileName out;
  out.module = take_part(name);
  out.start = take_part(name);
  out.chain = take_part(name);
  const auto* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, out.number);
  const bool good = is_of(out.module, "abcdefghijklmnopqrstuvwxyz") &&
                    out.start.size() == kStartSize && is_of(out.start, "0123456789TZ") &&
                    out.chain.size() == kChainSize && is_of(out.chain, "0123456789abcdef") &&
                    read.ec == std::errc() && read.ptr == end && out.number > 0;
  if (!good) return std::nullopt;
  return out;
}

Result<std::vector<FileName>> list_files(const std::filesystem::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
  if (open == nullptr) return fail(disk_error(errno, folder.string()));
  std::vector<FileName> files;
  while (const dirent* entry = ::readdir(open.get()))  // NOLINT(concurrency-mt-unsafe): own DIR
    if (auto name = parse_file_name(entry->d_name)) files.push_back(std::move(*name));
  std::ranges::sort(files);
  return files;
}

Error disk_error(int number, std::string_view what) {
  return {code_of(number), Fatality::fatal, fmt::format("{}: {}", what, std::strerror(number))};
}

Result<Fd> open_to_read(const std::filesystem::path& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return fail(disk_error(errno, path.string()));
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return fail(disk_error(errno, path.string()));
  if (!S_ISREG(facts.st_mode)) return fail(disk_error(EINVAL, path.string()));
  return file;
}

bool LineReader::fill() {
  buffer_.resize(kChunk);
  ssize_t got = 0;
  do {
    got = ::read(file_.get(), buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  buffer_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  at_ = 0;
  return got > 0;
}

std::optional<LineReader::Line> LineReader::next() {
  line_.clear();
  Line line;
  line.number = number_ + 1;
  line.offset = offset_;
  line.whole = false;
  while (!line.whole && (at_ < buffer_.size() || fill())) {
    const auto end = buffer_.find('\n', at_);
    line.whole = end != buffer_.npos;
    const auto size = std::min(end, buffer_.size()) - at_;
    line_.append(buffer_, at_, std::min(size, most_ - line_.size()));
    line.size += size;
    at_ += size + (line.whole ? 1 : 0);
  }
  if (error_ != 0 || (!line.whole && line.size == 0)) return std::nullopt;
  line.too_long = line.size > most_;
  line.text = line_;
  number_ = line.number;
  offset_ += line.size + (line.whole ? 1 : 0);
  return line;
}

Result<Tail> read_tail(const std::filesystem::path& path) {
  auto file = open_to_read(path);
  if (!file) return fail(std::move(file).error());
  const auto size = ::lseek(file->get(), 0, SEEK_END);
  const auto most = static_cast<off_t>(2 * kMostLineBytes);
  if (size < 0 || ::lseek(file->get(), std::max<off_t>(0, size - most), SEEK_SET) < 0)
    return fail(disk_error(errno, path.string()));
  LineReader reader(std::move(*file));
  Tail tail;
  while (const auto line = reader.next()) {
    if (!line->whole) {
      tail.torn_bytes = line->size;
      break;
    }
    // The first line may be the rest of one.
    auto record = parse_line(line->text);
    if (!record) continue;
    tail.record = std::move(*record);
    tail.hash = sha256(line->text);
  }
  if (reader.error() != 0) return fail(disk_error(reader.error(), path.string()));
  return tail;
}

bool is_in_use(const std::filesystem::path& path) {
  const auto file = open_to_read(path);
  if (!file) return false;
  // Released when the descriptor closes.
  return ::flock(file->get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace gvm::audit
