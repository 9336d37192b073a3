#pragma once
// The files of an audit. Every process that writes one has a chain of its own, so that no two of
// them ever fork one: audit-MODULE-START-CHAIN-NUMBER.jsonl, and beside each such file one with the
// salts and texts, .texts. Blocking.
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "base/error.h"
#include "base/fd.h"

namespace gvm::audit {

inline constexpr std::string_view kRecords = ".jsonl";
inline constexpr std::string_view kTexts = ".texts";

struct FileName {
  std::string start;  // when its process began, "20250131T000000Z": files sort by it
  std::string chain;  // 16 hexadecimal digits
  std::string module;
  unsigned number = 1;  // of the file in its chain

  std::string stem() const;
  std::string records() const { return stem() + std::string(kRecords); }
  std::string texts() const { return stem() + std::string(kTexts); }
  auto operator<=>(const FileName&) const = default;
};
std::optional<FileName> parse_file_name(std::string_view name);

// The files with records, the oldest chain first, each chain in order. AUDIT_UNAVAILABLE: the
// folder cannot be read.
Result<std::vector<FileName>> list_files(const std::filesystem::path& folder);

// AUDIT_DISK_FULL, AUDIT_READ_ONLY or AUDIT_UNAVAILABLE. `number` is an errno, `what` the file.
Error disk_error(int number, std::string_view what);

// A regular file, for reading; links are not followed and a FIFO is not waited for.
Result<Fd> open_to_read(const std::filesystem::path& path);

// The lines of a file, in memory of a fixed size.
class LineReader {
 public:
  LineReader(Fd file, std::size_t most_bytes = kMostLineBytes)
      : file_(std::move(file)), most_(most_bytes) {}

  struct Line {
    std::string_view text;  // until the next call; of a long line its beginning
    std::uint64_t number = 0;
    std::uint64_t offset = 0;  // in the file
    std::uint64_t size = 0;    // without its newline
    bool whole = true;         // false: no newline behind it
    bool too_long = false;
  };
  // Nothing: the end, or error() is set.
  std::optional<Line> next();
  // The errno of a read that failed; 0.
  int error() const { return error_; }

 private:
  bool fill();

  Fd file_;
  std::size_t most_;
  std::string buffer_;
  std::size_t at_ = 0;  // in buffer_
  std::string line_;
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
  int error_ = 0;
};

// The last whole record of a file, and whether bytes of a torn one stand behind it.
struct Tail {
  std::optional<Parsed> record;
  std::string hash;  // of its line
  std::uint64_t torn_bytes = 0;
};
Result<Tail> read_tail(const std::filesystem::path& path);

// Whether a process writes that file now.
bool is_in_use(const std::filesystem::path& path);

}  // namespace gvm::audit
