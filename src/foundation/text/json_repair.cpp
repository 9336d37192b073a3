#include "text/json_repair.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "text/json.h"
#include "text/json_scan.h"
#include "text/json_tolerant.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\n\r\f\v";
constexpr std::string_view kThinkOpen = "<think>";
constexpr std::string_view kThinkClose = "</think>";
constexpr std::size_t kMaxCutUtf8 = 3;   // bytes a cut sequence can have
constexpr int kMaxBracketsInProse = 16;  // each may cost a scan of the answer
constexpr int kMaxUnwraps = 1;           // an object in a string, but no string in a string

std::unexpected<Error> unusable(std::string why) {
  return fail(codes::kAnswerNotUsable, Fatality::fatal, std::move(why));
}

std::unexpected<Error> unusable_at(std::size_t offset, const std::string& why) {
  return unusable("the answer is no usable JSON: at byte " + std::to_string(offset) + ", " + why);
}

std::string_view trimmed(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view without_cut_sequence(std::string_view text) {
  const auto bad = find_invalid_utf8(text);
  if (bad == kAllValid || text.size() - bad > kMaxCutUtf8) return text;
  const auto lead = static_cast<unsigned char>(text[bad]);
  const std::size_t whole = lead > 0xF4    ? 0
                            : lead >= 0xF0 ? 4
                            : lead >= 0xE0 ? 3
                            : lead >= 0xC2 ? 2
                                           : 0;
  const auto tail = text.substr(bad + 1);
  const bool continued = std::ranges::all_of(tail, [](char c) { return (c & 0xC0) == 0x80; });
  return continued && tail.size() + 1 < whole ? text.substr(0, bad) : text;
}

// Offset of the answer proper behind a reasoning prefix; empty when the reasoning does not end. The
// prompt may have held the opening tag already: then the closing one counts where a line begins or
// ends with it, which no JSON string has.
std::optional<std::size_t> after_reasoning(std::string_view text) {
  const bool opened = text.starts_with(kThinkOpen);
  if (!opened && (text.starts_with('{') || text.starts_with('[') || text.starts_with('`')))
    return 0;
  for (auto at = text.find(kThinkClose); at != std::string_view::npos;) {
    const auto end = at + kThinkClose.size();
    const bool at_line =
        (at > 0 && text[at - 1] == '\n') || (end < text.size() && text[end] == '\n');
    if (opened || at_line) return end;
    at = text.find(kThinkClose, end);
  }
  return opened ? std::nullopt : std::optional<std::size_t>(0);
}

// Finds what is meant as JSON among prose.
class Search {
 public:
  // `offset`: where `text` begins in the answer, for errors.
  Search(std::string_view text, Expect expect, std::size_t offset)
      : text_(text), expect_(expect), offset_(offset), reader_(text) {}

  Result<RepairedJson> run(std::size_t start) {
    std::size_t prose = start;
    for (std::size_t i = start; i < text_.size();) {
      i = text_.find_first_of("{[", i);
      if (i == std::string_view::npos) break;
      const auto next = text_[i] == '{' ? brace(i) : bracket(i);
      if (!next) return std::unexpected(next.error());
      if (*next > i + 1) {
        note_prose(prose, i);
        prose = *next;
      }
      i = *next;
    }
    note_prose(prose, text_.size());
    if (!found_) return unusable("the answer holds no JSON object");
    if (stray_brace_ && stray_member_) return unusable("members stand outside of the object");
    return std::move(*found_);
  }

 private:
  std::unexpected<Error> refuse(std::size_t at, const std::string& why) const {
    return unusable_at(offset_ + at, why);
  }
  std::unexpected<Error> refuse_as_read() const {
    return refuse(reader_.failure().offset, reader_.failure().what);
  }

  // Each returns the offset to go on at.
  Result<std::size_t> brace(std::size_t at) {
    if (!reader_.looks_like_object(at)) return at + 1;
    auto read = reader_.read(at);
    if (!read) return refuse_as_read();
    return candidate(at, std::move(*read));
  }

  Result<std::size_t> bracket(std::size_t at) {
    if (!reader_.looks_like_array(at) || brackets_tried_++ >= kMaxBracketsInProse) return at + 1;
    auto read = reader_.read(at);
    const bool holds_object = read ? read->has_object : reader_.failure().has_object;
    if (expect_ == Expect::object && !holds_object) return read && !read->cut ? read->end : at + 1;
    if (!read) return refuse_as_read();
    if (expect_ == Expect::object) return refuse(at, "an array stands where an object is due");
    return candidate(at, std::move(*read));
  }

  Result<std::size_t> candidate(std::size_t at, TolerantJson read) {
    if (is_member_value(at))
      return refuse(at, "the object is the value of a member without object");
    if (read.cut && text_.find('}', read.end) != std::string_view::npos) {
      return refuse(read.end, "a fence ends the object, and a brace follows it");
    }
    if (read.cut && read.json.size() == 2) return refuse(at, "the text ends before any content");
    auto value = parse_json(read.json);
    if (!value) return refuse(at, value.error().to_string());
    if (continues(read.end)) return refuse(read.end, "content follows behind the closing bracket");
    if (found_ && found_->value != *value) {
      return refuse(at, "a second object differs from the first; which one is meant is open");
    }
    const auto end = read.end;
    found_ = RepairedJson{std::move(read.json), std::move(*value), true, read.cut};
    return end;
  }

  // The text before is a quoted key and its colon.
  bool is_member_value(std::size_t at) const {
    const auto colon = text_.substr(0, at).find_last_not_of(kSpace);
    if (colon == std::string_view::npos || text_[colon] != ':') return false;
    const auto quote = text_.substr(0, colon).find_last_not_of(kSpace);
    return quote != std::string_view::npos && (text_[quote] == '"' || text_[quote] == '\'');
  }

  // A bracket closed too early: behind it another member or element follows.
  bool continues(std::size_t end) const {
    const auto comma = text_.find_first_not_of(" \t\n\r}]", end);
    if (comma == std::string_view::npos || text_[comma] != ',') return false;
    const auto next = text_.find_first_not_of(kSpace, comma + 1);
    return next != std::string_view::npos && (text_[next] == '"' || text_[next] == '\'');
  }

  // Prose with both a closing brace and a quote before a colon is a piece of JSON.
  void note_prose(std::size_t from, std::size_t to) {
    const auto prose = text_.substr(from, to - from);
    stray_brace_ |= prose.contains('}');
    for (auto quote = prose.find('"'); quote != std::string_view::npos;
         quote = prose.find('"', quote + 1)) {
      const auto next = prose.find_first_not_of(kSpace, quote + 1);
      // The colon may be the last of this piece, before an inner object.
      stray_member_ |= next != std::string_view::npos && prose[next] == ':';
    }
  }

  std::string_view text_;
  Expect expect_;
  std::size_t offset_;
  TolerantReader reader_;
  std::optional<RepairedJson> found_;
  int brackets_tried_ = 0;
  bool stray_brace_ = false;
  bool stray_member_ = false;
};

struct Unescaped {
  std::string text;
  bool whole = true;  // nothing that may belong to it is left over
};

// JSON written as the content of a JSON string, from the brace at `start` to the closing quote or
// the end of the text.
std::optional<Unescaped> unescaped_from(std::string_view text, std::size_t start) {
  const auto body = text.substr(start);
  std::size_t end = 0;
  while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2 : 1;
  auto content = body.substr(0, std::min(end, body.size()));
  if (end > body.size()) content.remove_suffix(1);
  std::string quoted = "\"";
  for (const char c : content) {
    // Raw line breaks and tabs stand for themselves.
    const auto raw = std::string_view("\n\r\t").find(c);
    if (raw == std::string_view::npos)
      quoted += c;
    else
      quoted += std::string_view("\\n\\r\\t").substr(2 * raw, 2);
  }
  quoted += '"';
  const auto value = parse_json(quoted);
  if (!value) return std::nullopt;
  const bool closed = end < body.size();
  const bool left_over = closed && body.find_first_of("{[\"", end + 1) != std::string_view::npos;
  return Unescaped{std::string(*value->as_string()), !left_over};
}

// Where an object begins whose first quote is escaped.
std::optional<std::size_t> escaped_object(std::string_view text) {
  const auto brace = text.find('{');
  if (brace == std::string_view::npos) return std::nullopt;
  auto next = brace + 1;
  while (next < text.size()) {
    const auto rest = text.substr(next);
    if (rest.starts_with("\\n") || rest.starts_with("\\t") || rest.starts_with("\\r"))
      next += 2;
    else if (kSpace.contains(rest[0]))
      ++next;
    else
      break;
  }
  return text.substr(next).starts_with("\\\"") ? std::optional(brace) : std::nullopt;
}

bool is_expected(const Value& value, Expect expect) {
  return expect == Expect::any || value.kind() == Value::Kind::map;
}

Result<RepairedJson> repair(std::string_view answer, Expect expect, int unwraps);

Result<RepairedJson> repair_escaped(std::string_view text, std::size_t brace, Expect expect) {
  const auto inner = unescaped_from(text, brace);
  if (!inner || !inner->whole) {
    return unusable("an object written as a string cannot be told from the text around it");
  }
  auto repaired = repair(inner->text, expect, 0);
  const bool closed = text.find_first_not_of(kSpace) != brace && text.ends_with('"');
  if (repaired && repaired->cut && closed) {
    return unusable("an object written as a string lacks its end");
  }
  if (repaired) repaired->repaired = true;
  return repaired;
}

// `unwraps`: how often JSON within a JSON string may still be read.
Result<RepairedJson> repair(std::string_view answer, Expect expect, int unwraps) {
  const auto whole = without_cut_sequence(answer);
  const auto text = trimmed(whole);
  if (text.empty()) return unusable("the answer is empty");
  const auto offset = static_cast<std::size_t>(text.data() - answer.data());
  if (auto strict = parse_json(text)) {
    const auto inner = strict->as_string();
    if (inner && unwraps > 0 && trimmed(*inner).starts_with('{')) {
      return repair(*inner, expect, unwraps - 1);
    }
    if (is_expected(*strict, expect)) {
      return RepairedJson{std::string(text), std::move(*strict), unwraps < kMaxUnwraps, false};
    }
    return unusable("the answer is JSON, but of type " + std::string(kind_name(strict->kind())) +
                    " where an object is due");
  }
  if (const auto bad = find_invalid_utf8(text); bad != kAllValid) {
    return unusable_at(offset + bad, "there is invalid UTF-8");
  }
  const auto start = after_reasoning(text);
  if (!start) return unusable("the answer ends within its reasoning");
  const auto brace = unwraps > 0 ? escaped_object(text.substr(*start)) : std::nullopt;
  if (brace) return repair_escaped(text, *start + *brace, expect);
  // White space at the end stays: behind it a number is complete.
  return Search(whole.substr(offset), expect, offset).run(*start);
}

}  // namespace

Result<RepairedJson> repair_answer(std::string_view answer, const RepairOptions& options) {
  auto repaired = repair(answer, options.expect, kMaxUnwraps);
  if (repaired && repaired->cut && options.end == AnswerEnd::cut) {
    return unusable("the answer was cut before its JSON was complete");
  }
  return repaired;
}

Result<std::string> repair_json(std::string_view answer, const RepairOptions& options) {
  auto repaired = repair_answer(answer, options);
  if (!repaired) return std::unexpected(std::move(repaired).error());
  return std::move(repaired->text);
}

}  // namespace gvm::text
