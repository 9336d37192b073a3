#include "text/json_repair.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "text/answer_prose.h"
#include "text/codes.h"
#include "text/json.h"
#include "text/json_scan.h"
#include "text/json_tolerant.h"
#include "text/reasoning.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\n\r\f\v";
constexpr std::string_view kBracesAndSpace = " \t\n\r\f\v}";
constexpr JsonLimits kUnambiguous{.duplicates = DuplicateKeys::must_agree,
                                  .numbers = Numbers::exact};
constexpr std::size_t kMaxCutUtf8 = 3;  // bytes a cut sequence can have
constexpr int kMaxUnwraps = 1;          // an object in a string, but no string in a string

std::unexpected<Error> unusable(std::string why) {
  return fail(codes::kAnswerNotUsable, Fatality::fatal, std::move(why));
}

std::unexpected<Error> unusable_at(std::size_t offset, const std::string& why) {
  return unusable("the answer is no usable JSON: at byte " + std::to_string(offset) + ", " + why);
}

std::string_view trimmed(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return trim(text, kSpace);
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

constexpr std::string_view kMisplacedQuote = "a quote may be misplaced, and have taken in a member";

// A string that was opened by one kind of quotes and closed by another has taken in members:
// {"a”: 1, “b": 2} and {"a": "x”, “b”: “y"} are valid, and have one member. The text of a value may
// quote somebody, but does not begin with the end of a quotation.
bool has_taken_in_a_member(std::string_view value) {
  const auto closing = value.find("\u201D");
  const auto opening = value.find("\u201C");  // Swedish has none: ”so”
  return opening != value.npos && closing < opening && closing < value.find("\u201E") &&
         has_curly_quote_before_colon(value);
}

bool has_swallowed_member(const Value& value) {
  if (const auto text = value.as_string()) return has_taken_in_a_member(*text);
  if (const auto* items = value.as_array())
    return std::ranges::any_of(*items, has_swallowed_member);
  const auto* members = value.as_map();
  if (members == nullptr) return false;
  return std::ranges::any_of(*members, [](const auto& member) {
    return has_curly_quote_before_colon(member.first.view()) || has_swallowed_member(member.second);
  });
}

// Text that is no part of the JSON, but only wraps it: spaces, a fence, its language.
bool is_wrapping(std::string_view text) {
  while (true) {
    text = trimmed(text);
    const auto marks = text.find_first_not_of("`~");
    if (text.empty() || marks == 0) break;
    text.remove_prefix(std::min(marks, text.size()));
    const auto line = text.substr(0, text.find('\n'));
    if (trimmed(line).find_first_of(" {[\"") == std::string_view::npos)
      text.remove_prefix(line.size());
  }
  return text.empty();
}

// Finds what is meant as JSON among prose, and judges the prose.
class Search {
 public:
  // `offset`: where `text` begins in the answer, for errors.
  Search(std::string_view text, Expect expect, std::size_t offset)
      : text_(text), expect_(expect), offset_(offset), reader_(text) {}

  Result<RepairedJson> run() {
    for (std::size_t i = 0; i < text_.size();) {
      i = text_.find_first_of("{[", i);
      if (i == std::string_view::npos) break;
      const auto next = text_[i] == '{' ? brace(i) : bracket(i);
      if (!next) return std::unexpected(next.error());
      i = *next;
    }
    if (!found_) return unusable("the answer holds no JSON object");
    if (const auto objection = judge_prose()) {
      return unusable("the answer has JSON, but " + *objection);
    }
    return std::move(*found_);
  }

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  std::unexpected<Error> refuse(std::size_t at, const std::string& why) const {
    return unusable_at(offset_ + at, why);
  }

  // Each returns the offset to go on at.
  Result<std::size_t> brace(std::size_t at) {
    if (!reader_.looks_like_object(at)) return at + 1;
    return candidate(at);
  }

  Result<std::size_t> bracket(std::size_t at) {
    if (!reader_.looks_like_array(at) || text_.substr(0, at).ends_with("<![CDATA")) return at + 1;
    if (expect_ == Expect::any) return candidate(at);
    if (is_reference(at)) return at + 1;
    return refuse(at, "an array stands where an object is due");
  }

  // "[1]" in prose.
  bool is_reference(std::size_t at) const {
    const auto end = text_.find_first_not_of("0123456789", at + 1);
    return end != std::string_view::npos && end > at + 1 && text_[end] == ']';
  }

  Result<std::size_t> candidate(std::size_t at) {
    if (auto strict = parse_json_prefix(text_.substr(at), kUnambiguous)) {
      const auto json = text_.substr(at, strict->end);
      if (has_swallowed_member(strict->value)) return refuse(at, std::string(kMisplacedQuote));
      return take({at, at + strict->end},
                  RepairedJson{std::string(json), std::move(strict->value), true, false});
    }
    auto read = reader_.read(at);
    if (!read) return refuse(reader_.failure().offset, reader_.failure().what);
    if (read->cut && !read->members) return refuse(at, "the text ends before any content");
    auto value = parse_json(read->json, JsonStrings::copy, kUnambiguous);
    if (!value) return refuse(at, value.error().to_string());
    if (has_swallowed_member(*value)) return refuse(at, std::string(kMisplacedQuote));
    return take({at, read->end},
                RepairedJson{std::move(read->json), std::move(*value), true, read->cut});
  }

  Result<std::size_t> take(Span span, RepairedJson json) {
    if (found_ && found_->value != json.value) {
      return refuse(span.begin,
                    "a second object differs from the first; which one is meant is open");
    }
    if (!found_) found_ = std::move(json);
    spans_.push_back(span);
    return span.end;
  }

  std::optional<std::string> judge_prose() {
    auto before = text_.substr(0, spans_.front().begin);
    auto after = text_.substr(spans_.back().end);
    if (stands_among_members(before, after)) return "it is the value of one member among others";
    if (spans_.size() == 1) take_wrapping_pairs(before, after);
    const bool alone = trimmed(before).empty() && trimmed(after).empty() && spans_.size() == 1;
    if (alone) return std::nullopt;
    const Subject subject(found_->value);
    if (auto objection = objection_in(before, Side::before, subject)) return objection;
    for (std::size_t i = 0; i + 1 < spans_.size(); ++i) {
      const auto between = text_.substr(spans_[i].end, spans_[i + 1].begin - spans_[i].end);
      if (auto objection = objection_in(between, Side::after, subject)) return objection;
    }
    return objection_in(after, Side::after, subject);
  }

  // Quotes around the object when they are all that stands around it, a second pair of braces, and
  // closing braces too many behind an object without text in front of it.
  void take_wrapping_pairs(std::string_view& before, std::string_view& after) const {
    const auto left = trimmed(before);
    const auto right = trimmed(after);
    const bool quoted = left.size() == 1 && (left == "\"" || left == "'") && right == left;
    if (quoted) before = after = {};
    if (left == "{" && right.starts_with('}')) before = {};
    // With a second "{" in the object, nested or in a string, a brace may stand too early in it.
    const auto& [begin, end] = spans_.front();
    const auto object = text_.substr(begin, end - begin);
    if (found_->cut || !is_wrapping(before) || object.find('{', 1) != std::string_view::npos)
      return;
    const auto next = after.find_first_not_of(kBracesAndSpace);
    after.remove_prefix(std::min(next, after.size()));
  }

  std::string_view text_;
  Expect expect_;
  std::size_t offset_;
  TolerantReader reader_;
  std::optional<RepairedJson> found_;
  std::vector<Span> spans_;  // of the objects found, which are equal
};

struct Unescaped {
  std::string text;
  bool closed = false;  // its closing quote is there
  bool whole = true;    // nothing but wrapping is left over
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
  const bool whole = !closed || is_wrapping(body.substr(end + 1));
  return Unescaped{std::string(*value->as_string()), closed, whole};
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
Result<RepairedJson> repair_escaped(std::string_view text, std::size_t brace, Expect expect);

// `text` is a part of `answer`, without reasoning.
Result<RepairedJson> search(std::string_view text, std::string_view answer, Expect expect,
                            int unwraps) {
  const auto brace = unwraps > 0 ? escaped_object(text) : std::nullopt;
  if (brace) return repair_escaped(text, *brace, expect);
  return Search(text, expect, static_cast<std::size_t>(text.data() - answer.data())).run();
}

// Valid JSON behind reasoning keeps its bytes.
Result<RepairedJson> repair_behind_reasoning(std::string_view text, Expect expect, int unwraps) {
  const auto content = trimmed(text);
  auto strict = parse_json(content, JsonStrings::copy, kUnambiguous);
  if (strict && is_expected(*strict, expect) && !has_swallowed_member(*strict)) {
    return RepairedJson{std::string(content), std::move(*strict), true, false};
  }
  return search(text, text, expect, unwraps);
}

// Nothing but wrapping and a quote may stand around an object written as a string.
Result<RepairedJson> repair_escaped(std::string_view text, std::size_t brace, Expect expect) {
  const auto inner = unescaped_from(text, brace);
  auto before = trimmed(text.substr(0, brace));
  const bool opened = before.ends_with('"');
  if (opened) before.remove_suffix(1);
  if (!inner || !inner->whole || !is_wrapping(before)) {
    return unusable("an object written as a string cannot be told from the text around it");
  }
  auto repaired = repair(inner->text, expect, 0);
  if (repaired && repaired->cut && inner->closed) {
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
  if (auto strict = parse_json(text, JsonStrings::copy, kUnambiguous)) {
    if (has_swallowed_member(*strict))
      return unusable("the answer is JSON, but " + std::string(kMisplacedQuote));
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
  if (const auto bad = find_invalid_utf8(whole); bad != kAllValid) {
    return unusable_at(bad, "there is invalid UTF-8");
  }
  // White space at the end stays: behind it a number is complete.
  const auto parts = split_reasoning(whole);
  if (parts.unfinished) return unusable("the answer ends within its reasoning");
  if (parts.doubt == MarkDoubt::strong) {
    return unusable("a mark that ends reasoning may be quoted");
  }
  if (!parts.spoken.empty()) {
    return unusable("text stands in front of the reasoning, which may be another answer");
  }
  if (parts.reasoned) return repair_behind_reasoning(parts.answer, expect, unwraps);
  return search(whole, answer, expect, unwraps);
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
