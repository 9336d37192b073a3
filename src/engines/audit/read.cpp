#include "audit/read.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "audit/files.h"
#include "audit/page_record.h"
#include "audit/record_line.h"
#include "base/encoding.h"
#include "base/json.h"

namespace gvm::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTextsBytes = 64 * kMiB;  // of one answer
constexpr std::size_t kChunk = 64 * kKiB;
constexpr std::size_t kHeadBytes = 4 * kKiB;  // where tx stands in a line of texts

// The texts beside a file with records, in the same order.
class TextsBeside {
 public:
  explicit TextsBeside(const fs::path& path) {
    if (auto file = open_to_read(path)) lines_.emplace(std::move(*file), kMostTextsBytes);
  }
  std::optional<OpenedTexts> of(std::uint64_t seq) {
    while (lines_) {
      if (!ahead_) ahead_ = next();
      if (!ahead_ || ahead_->first > seq) return std::nullopt;
      auto found = std::exchange(ahead_, std::nullopt);
      if (found->first == seq) return std::move(found->second);
    }
    return std::nullopt;
  }

 private:
  std::optional<std::pair<std::uint64_t, OpenedTexts>> next() {
    while (const auto line = lines_->next()) {
      auto opened = open_texts(line->text);
      const Value* seq = opened ? opened->fields.find("seq") : nullptr;
      const auto* number = seq == nullptr ? nullptr : seq->as_integer();
      if (number == nullptr) continue;
      return std::pair(static_cast<std::uint64_t>(number->to_i64().value_or(0)),
                       std::move(*opened));
    }
    lines_.reset();
    return std::nullopt;
  }

  std::optional<LineReader> lines_;
  std::optional<std::pair<std::uint64_t, OpenedTexts>> ahead_;
};

std::string_view fault_of(const Parsed& record, const OpenedTexts& texts) {
  const auto differs = [&record](const std::string& hash, std::string_view field) {
    return !hash.empty() && hash != text_of(record, field);
  };
  const bool is_page = record.kind == kPageKind;
  if (differs(texts.url, "url"))
    return "the address beside this record is another one than it has the hash of";
  if (is_page && differs(texts.prompt, "body"))
    return "the body beside this record is another one than it has the hash of";
  if (!is_page && differs(texts.prompt, "prompt"))
    return "the prompt beside this record is another one than it has the hash of";
  if (differs(texts.answer, "answer"))
    return "the answer beside this record is another one than it has the hash of";
  return {};
}

bool is_wanted(const Parsed& record, const Wanted& wanted) {
  if (!is_answer(record)) return false;
  if (wanted.since_ms && record.at_ms < *wanted.since_ms) return false;
  return !wanted.tx || text_of(record, "tx") == cut(*wanted.tx);
}

// Whether a line of texts is of that transaction; `line` may be its beginning only.
bool is_of(std::string_view line, std::string_view tx_json) {
  constexpr std::string_view kStart = "{\"seq\":";
  if (!line.starts_with(kStart)) return false;
  line.remove_prefix(std::min(line.find_first_not_of("0123456789", kStart.size()), line.size()));
  return line.starts_with(fmt::format(",\"tx\":{},", tx_json));
}

// From its end, so that what an interrupted run leaves still names the transaction.
Result<void> overwrite(int file, std::uint64_t offset, std::uint64_t size, const fs::path& path) {
  const std::string blank(kChunk, ' ');
  for (auto left = size; left > 0;) {
    const auto count = left % kChunk == 0 ? kChunk : left % kChunk;
    const auto at = static_cast<off_t>(offset + left - count);
    if (::pwrite(file, blank.data(), count, at) != static_cast<ssize_t>(count))
      return fail(disk_error(errno, path.string()));
    left -= count;
  }
  return {};
}

Result<void> forget_in(const fs::path& path, std::string_view tx_json, Forgotten& out) {
  auto file = open_to_read(path);
  if (!file) return fail(std::move(file).error());
  const Fd target(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!target) return fail(disk_error(errno, path.string()));
  LineReader lines(std::move(*file), kHeadBytes);
  const auto before = out.answers;
  while (const auto line = lines.next()) {
    if (!line->whole || !is_of(line->text, tx_json)) continue;
    if (auto done = overwrite(target.get(), line->offset, line->size, path); !done) return done;
    ++out.answers;
    out.bytes += line->size;
  }
  if (lines.error() != 0) return fail(disk_error(lines.error(), path.string()));
  if (out.answers > before && ::fdatasync(target.get()) != 0)
    return fail(disk_error(errno, path.string()));
  return {};
}

}  // namespace

Result<void> for_each_answer(const fs::path& folder, const Wanted& wanted,
                             const std::function<bool(const Shown&)>& show) {
  const auto files = list_files(folder);
  if (!files) return fail(files.error());
  for (const auto& file : *files) {
    const auto path = folder / file.records();
    auto open = open_to_read(path);
    if (!open) return fail(std::move(open).error());
    LineReader lines(std::move(*open));
    std::optional<TextsBeside> texts;
    if (wanted.texts) texts.emplace(folder / file.texts());
    while (const auto line = lines.next()) {
      const auto record = parse_line(line->text);
      if (!line->whole || !record || !is_wanted(*record, wanted)) continue;
      Shown shown{.record = *record, .line = line->text, .texts = {}, .fault = {}};
      if (texts) shown.texts = texts->of(record->seq);
      if (shown.texts) shown.fault = fault_of(*record, *shown.texts);
      if (!show(shown)) return {};
    }
    if (lines.error() != 0) return fail(disk_error(lines.error(), path.string()));
  }
  return {};
}

Result<Forgotten> forget(const fs::path& folder, const std::string& tx) {
  Forgotten out;
  const auto files = list_files(folder);
  if (!files) return fail(files.error());
  std::string tx_json;
  json::write_string_to(tx_json, cut(tx));
  for (const auto& file : *files) {
    const auto path = folder / file.texts();
    std::error_code ignored;
    if (!fs::exists(path, ignored)) continue;
    if (auto done = forget_in(path, tx_json, out); !done) return fail(std::move(done).error());
  }
  const auto collect = [&](const Shown& shown) {
    const auto id = text_of(shown.record, "decision");
    if (!id.empty()) out.decisions.insert(id);
    return true;
  };
  if (auto read = for_each_answer(folder, {.tx = tx, .since_ms = {}}, collect); !read)
    return fail(std::move(read).error());
  return out;
}

}  // namespace gvm::audit
