#include "audit/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <span>

#include "audit/files.h"
#include "audit/hash.h"

namespace gvm::audit {
namespace {

namespace fs = std::filesystem;

// What somebody else knows of a chain's record.
struct Claim {
  std::string hash;
  std::string who;
  bool at_start = false;  // of a chain that found this record as the last one
};
using Claims = std::map<std::uint64_t, Claim>;  // by seq; the first claim counts

constexpr std::size_t kMostClaims = 1'000'000;

// A file that is not there, and the last record that it must have had.
struct MissingFile {
  FileName name;
  Head last;
  std::string next;  // the file behind it
};

// "2025-01-31T00:00:00Z CHAIN SEQ HASH"
std::optional<Head> parse_anchor(std::string_view line) {
  std::array<std::string_view, 4> words;
  for (auto& word : words) {
    const auto end = std::min(line.find(' '), line.size());
    word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  Head head{std::string(words[1]), 0, std::string(words[3])};
  const auto* const end = words[2].data() + words[2].size();
  const auto read = std::from_chars(words[2].data(), end, head.seq);
  const bool good = read.ec == std::errc() && read.ptr == end && !words[1].empty() &&
                    words[3].size() == kNoHash.size();
  return good ? std::optional(std::move(head)) : std::nullopt;
}

class Verifier {
 public:
  Verifier(fs::path folder, std::vector<FileName> files)
      : folder_(std::move(folder)), files_(std::move(files)) {}

  Result<void> read_anchors(const fs::path& path) {
    auto file = open_to_read(path);
    if (!file) return fail(std::move(file).error());
    LineReader lines(std::move(*file));
    while (const auto line = lines.next()) {
      const auto head = parse_anchor(line->text);
      if (head && line->whole) {
        claim(*head, {head->hash, fmt::format("{}:{}", path.filename().string(), line->number)});
      } else {
        find({path.filename().string(), line->number, Fault::changed, "this is no anchor"});
      }
    }
    if (lines.error() != 0) return fail(disk_error(lines.error(), path.string()));
    return {};
  }

  Report run() {
    for (const auto& file : files_)
      if (file.number == 1) read_claims_of(file);
    for (auto rest = std::span<const FileName>(files_); !rest.empty();) {
      const auto behind = std::ranges::find_if(
          rest, [&](const FileName& file) { return file.chain != rest.front().chain; });
      const auto size = static_cast<std::size_t>(behind - rest.begin());
      follow(rest.first(size));
      rest = rest.subspan(size);
    }
    judge_missing_files();
    judge_missing_chains();
    return std::move(report_);
  }

 private:
  void find(Finding finding) {
    if (report_.findings.size() < Report::kMostFindings)
      report_.findings.push_back(std::move(finding));
  }
  void changed(std::string text) { find({file_, line_, Fault::changed, std::move(text)}); }

  void claim(const Head& head, Claim claim) {
    if (claims_count_ >= kMostClaims) return;
    auto& known = claims_[head.chain];
    const auto [at, added] = known.try_emplace(head.seq, claim);
    claims_count_ += added ? 1 : 0;
    at->second.at_start = at->second.at_start || claim.at_start;
  }

  // Of the chains that were there when this one began.
  void read_claims_of(const FileName& file) {
    auto open = open_to_read(folder_ / file.records());
    if (!open) return;
    LineReader lines(std::move(*open));
    const auto line = lines.next();
    const auto record = line ? parse_line(line->text) : fail("", Fatality::user, "");
    if (!record || record->kind != "begin") return;
    for (const auto& head : heads_in(*record))
      claim(head, {head.hash, file.records() + ":1", true});
  }

  // All files of one chain.
  void follow(std::span<const FileName> files) {
    ++report_.chains;
    chain_ = files.front().chain;
    next_.reset();
    last_seq_.reset();
    ended_ = torn_ = false;
    torn_bytes_ = 0;
    unsigned number = 1;
    if (files.front().number == 1) next_ = Link{0, std::string(kNoHash)};
    for (const auto& file : files) {
      gap_before_ = file.number != number;
      read(file, &file == &files.back());
      number = file.number + 1;
    }
    judge_end(files.back());
  }

  void read(const FileName& file, bool is_last) {
    file_ = file.records();
    line_ = 0;
    name_ = file;
    torn_ = false;
    auto open = open_to_read(folder_ / file_);
    if (!open) return changed("it cannot be read: " + open.error().to_string());
    ++report_.files;
    LineReader lines(std::move(*open));
    while (const auto line = lines.next()) {
      line_ = line->number;
      if (!line->whole && is_last) {
        torn_ = true;
        torn_bytes_ = line->size;
        break;
      }
      look_at(*line);
    }
    if (lines.error() != 0) changed("it cannot be read to its end");
  }

  void look_at(const LineReader::Line& line) {
    auto record = line.whole && !line.too_long
                      ? parse_line(line.text)
                      : fail("", Fatality::user,
                             line.too_long ? "a line that is too long" : "a line without an end");
    if (!record) {
      next_.reset();
      return changed("this is no record: it was changed, or something else was written here");
    }
    ++report_.records;
    if (is_answer(*record)) ++report_.answers;
    if (ended_) changed("a record behind the end of the chain");
    const auto hash = sha256(line.text);
    compare(*record);
    compare_with_claims(*record, hash);
    if (record->kind == "retired") note_retired(*record);
    ended_ = record->kind == "end";
    if (last_seq_ && record->seq <= *last_seq_) return;  // moved: the chain goes on behind
    next_ = Link{record->seq + 1, hash};
    last_seq_ = record->seq;
    last_place_ = {file_, line_};
  }

  // With what the records before lead to.
  void compare(const Parsed& record) {
    if (gap_before_) {
      gap_before_ = false;
      FileName before = name_;
      --before.number;
      missing_.push_back(
          {before, {chain_, record.seq == 0 ? 0 : record.seq - 1, record.prev}, file_});
      return;
    }
    if (last_seq_ && record.seq <= *last_seq_)
      return changed(fmt::format("record {} stands behind record {}: it was moved or copied",
                                 record.seq, *last_seq_));
    if (!next_) return;
    if (record.seq > next_->seq)
      return changed(record.seq == next_->seq + 1
                         ? fmt::format("record {} is missing before this one", next_->seq)
                         : fmt::format("the records {} to {} are missing before this one",
                                       next_->seq, record.seq - 1));
    if (record.prev == next_->prev) return;
    if (!last_seq_) return changed("the first record names a record before it");
    find({last_place_.first, last_place_.second, Fault::changed,
          fmt::format("record {} was changed: the record behind it names another hash",
                      record.seq - 1)});
  }

  void compare_with_claims(const Parsed& record, const std::string& hash) {
    const auto known = claims_.find(chain_);
    if (known == claims_.end()) return;
    const auto claimed = known->second.find(record.seq);
    if (claimed == known->second.end() || claimed->second.hash == hash) return;
    changed(fmt::format("record {} was changed: {} names another hash", record.seq,
                        claimed->second.who));
  }

  void note_retired(const Parsed& record) {
    const Value* last = record.fields.find("last");
    if (last == nullptr) return;
    Parsed inner;
    inner.fields = *last;
    const auto seq = last->find("seq");
    const auto* number = seq == nullptr ? nullptr : seq->as_integer();
    retired_[text_of(record, "file")] = {
        text_of(inner, "chain"),
        static_cast<std::uint64_t>(number == nullptr ? 0 : number->to_i64().value_or(0)),
        text_of(inner, "hash")};
  }

  void judge_end(const FileName& last) {
    file_ = last.records();
    const auto known = claims_.find(chain_);
    const bool claimed = known != claims_.end() && !known->second.empty();
    const auto last_seq = last_seq_.value_or(0);
    if (claimed && (!last_seq_ || known->second.rbegin()->first > last_seq)) {
      const auto& [seq, claim] = *known->second.rbegin();
      return find({file_, line_, Fault::cut,
                   fmt::format("the end was cut off: the records up to {} are missing, {} names "
                               "that one",
                               seq, claim.who)});
    }
    if (ended_ && !torn_) return;
    FileName next = last;
    ++next.number;
    std::error_code ignored;
    if (is_in_use(folder_ / file_) || fs::exists(folder_ / next.records(), ignored)) return;
    const auto at = claimed ? known->second.find(last_seq) : Claims::iterator();
    if (claimed && at != known->second.end() && at->second.at_start) {
      report_.notes.push_back(
          fmt::format("{}: no end, because its process was killed; {} found the same last record",
                      file_, at->second.who));
      return;
    }
    find({file_, line_, Fault::cut,
          torn_ ? fmt::format("it ends in the middle of a record, after {} bytes of it: its "
                              "process was killed, the disk was full, or the end was cut off",
                              torn_bytes_)
                : "the chain has no end: its process was killed, or its last records were cut "
                  "off; the next start of the module writes down what it finds"});
  }

  void judge_missing_files() {
    for (const auto& missing : missing_) {
      const auto retired = retired_.find(missing.name.records());
      if (retired == retired_.end()) {
        find({missing.next, 1, Fault::changed,
              fmt::format("the file before it, {}, is missing, and no record says that "
                          "audit.retention removed it",
                          missing.name.records())});
      } else if (retired->second.hash != missing.last.hash) {
        find(
            {missing.next, 1, Fault::changed,
             "the first record does not follow the file before it, which audit.retention removed"});
      }
    }
  }

  void judge_missing_chains() {
    for (const auto& [chain, claims] : claims_) {
      const auto is_it = [&](const FileName& file) { return file.chain == chain; };
      if (std::ranges::any_of(files_, is_it)) continue;
      const auto& [seq, claim] = *claims.rbegin();
      const auto covers = [&](const auto& entry) {
        return entry.second.chain == chain && entry.second.seq >= seq;
      };
      if (std::ranges::any_of(retired_, covers)) continue;
      find({"chain " + chain, 0, Fault::changed,
            fmt::format("it is gone: {} names its record {}, and no record says that "
                        "audit.retention removed it",
                        claim.who, seq)});
    }
  }

  fs::path folder_;
  std::vector<FileName> files_;
  Report report_;
  std::map<std::string, Claims> claims_;  // by chain
  std::size_t claims_count_ = 0;
  std::map<std::string, Head> retired_;  // by file: its last record
  std::vector<MissingFile> missing_;

  // Of the chain that is being followed.
  std::string chain_;
  FileName name_;
  std::string file_;
  std::uint64_t line_ = 0;
  std::optional<Link> next_;  // what the next record must be; empty: anything
  std::optional<std::uint64_t> last_seq_;
  std::pair<std::string, std::uint64_t> last_place_;
  bool gap_before_ = false;
  bool ended_ = false;
  bool torn_ = false;
  std::uint64_t torn_bytes_ = 0;
};

}  // namespace

bool Report::only_cut() const {
  return std::ranges::all_of(findings,
                             [](const Finding& each) { return each.fault == Fault::cut; });
}

Result<Report> verify(const fs::path& folder, const fs::path& anchor_file) {
  auto files = list_files(folder);
  if (!files) return fail(std::move(files).error());
  Verifier verifier(folder, std::move(*files));
  if (!anchor_file.empty())
    if (auto read = verifier.read_anchors(anchor_file); !read) return fail(std::move(read).error());
  return verifier.run();
}

}  // namespace gvm::audit
