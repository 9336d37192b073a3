#include "text/verdict.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/error_detail.h"
#include "text/codes.h"
#include "text/json.h"
#include "text/reasoning.h"

namespace gvm::text {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kResult = "result";
constexpr std::size_t kFenceMarks = 3;
constexpr std::string_view kWanted =
    "the answer must be exactly one JSON object such as {\"reason\": \"...\", \"result\": true}, "
    "and "
    "nothing else";

std::unexpected<Error> fault(std::string why) {
  return fail(codes::kAnswerNotUsable, Fatality::fatal, std::move(why));
}

std::string_view trimmed(std::string_view text) {
  return trim(text, kSpace);
}

// What may stand behind the marks that open a fence. Any other word may be the verdict of a model
// that quotes somebody else's object.
constexpr std::array<std::string_view, 7> kFenceInfos = {"json", "json5",     "jsonc", "javascript",
                                                         "text", "plaintext", "none"};

// The content behind the info string: one known word, which the end of the line follows, or the
// object itself as in "```json {...}```", where nothing else can be meant. Empty when there is
// anything else.
std::optional<std::string_view> behind_info(std::string_view content) {
  const auto end = std::min(content.find_first_of(" \t\r\n{"), content.size());
  const auto info = content.substr(0, end);
  const auto is_info = [info](std::string_view known) { return equal_ignoring_case(info, known); };
  if (!info.empty() && std::ranges::none_of(kFenceInfos, is_info)) return std::nullopt;
  const auto rest = content.substr(end);
  const auto next = rest.find_first_not_of(" \t\r");
  if (next != std::string_view::npos && rest[next] != '\n' && rest[next] != '{')
    return std::nullopt;
  return trimmed(rest);
}

// The content of a code fence that is the whole text; the text itself when it begins with none.
// Empty when the fence does not end with the text, or names anything but a form of JSON.
std::optional<std::string_view> without_fence(std::string_view text) {
  if (text.empty() || (text[0] != '`' && text[0] != '~')) return text;
  const auto marks = std::min(text.find_first_not_of(text[0]), text.size());
  const auto fence = text.substr(0, marks);
  if (text.size() < 2 * marks || !text.ends_with(fence)) return std::nullopt;
  const auto content = text.substr(marks, text.size() - 2 * marks);
  if (marks < kFenceMarks) return trimmed(content);
  return behind_info(content);
}

// The brackets that are open where `text` ends, innermost first, as their closing ones; empty when
// the text ends within a string, or when a bracket does not match.
std::optional<std::string> missing_brackets(std::string_view text) {
  std::string open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
      if (i >= text.size()) return std::nullopt;
    } else if (c == '{' || c == '[') {
      open += c == '{' ? '}' : ']';
    } else if (c == '}' || c == ']') {
      if (open.empty() || open.back() != c) return std::nullopt;
      open.pop_back();
    }
    if (open.size() > kMaxDepth) return std::nullopt;
  }
  std::ranges::reverse(open);
  return open;
}

bool is_result_in_any_case(std::string_view key) {
  const auto name = trimmed(key);
  return std::ranges::equal(name, kResult, [](char a, char b) { return (a | 0x20) == b; });
}

// Counts the members called "result", at any depth.
std::size_t count_results(const Value& value) {
  std::size_t count = 0;
  if (const auto* items = value.as_array()) {
    for (const auto& item : *items) count += count_results(item);
  } else if (const auto* members = value.as_map()) {
    for (const auto& [key, member] : *members) {
      count += (is_result_in_any_case(key.view()) ? 1 : 0) + count_results(member);
    }
  }
  return count;
}

Result<Verdict> verdict_of(Value value) {
  if (value.as_map() == nullptr) {
    return fault("the answer is JSON, but no object; " + std::string(kWanted));
  }
  const Value* result = value.find(kResult);
  if (result == nullptr) return fault("the answer has no \"result\"");
  const bool* verdict = result->as_bool();
  if (verdict == nullptr) {
    return fault("the \"result\" of the answer is of type " +
                 std::string(kind_name(result->kind())) +
                 ", and must be true or false without quotes");
  }
  for (const auto& [key, member] : *value.as_map()) {
    if (is_result_in_any_case(key.view()) && member != *result) {
      return fault("the answer has more than one \"result\", with different values");
    }
  }
  const Value* reason = value.find("reason");
  const auto words = reason != nullptr ? reason->as_string() : std::nullopt;
  Verdict out{*verdict, std::string(words.value_or("")), {}};
  out.whole = std::move(value);
  return out;
}

Result<Verdict> read_object(std::string_view text, AnswerEnd end) {
  const JsonLimits limits{.duplicates = DuplicateKeys::must_agree};
  auto value = parse_json(text, JsonStrings::copy, limits);
  if (value) return verdict_of(std::move(*value));
  const auto missing = end == AnswerEnd::stopped ? missing_brackets(text) : std::nullopt;
  if (missing && !missing->empty()) {
    auto completed = parse_json(std::string(text) + *missing, JsonStrings::copy, limits);
    // A bracket may have been lost further ahead: then a member of another object would count here.
    if (completed && count_results(*completed) == 1) return verdict_of(std::move(*completed));
  }
  if (text[0] != '{') {
    return fault("the answer does not begin with a JSON object; " + std::string(kWanted));
  }
  return fault("the answer is not one valid JSON object (" + std::string(detail_of(value.error())) +
               "); " + std::string(kWanted));
}

}  // namespace

Result<Verdict> read_verdict(std::string_view answer, AnswerEnd end) {
  if (answer.starts_with(kByteOrderMark)) answer.remove_prefix(kByteOrderMark.size());
  const auto parts = split_reasoning(answer);
  if (parts.unfinished) return fault("the answer ends within its reasoning, without a JSON object");
  if (parts.doubt != MarkDoubt::none) {
    return fault("marks that end reasoning stand where they may be quoted; " +
                 std::string(kWanted));
  }
  if (!parts.spoken.empty())
    return fault("text stands in front of the reasoning; " + std::string(kWanted));
  const auto content = trimmed(parts.answer);
  if (content.empty()) return fault("the answer is empty");
  const auto text = without_fence(content);
  if (!text)
    return fault("the code fence of the answer has words of its own, or does not end with it; " +
                 std::string(kWanted));
  if (text->empty()) return fault("the code fence of the answer is empty");
  return read_object(*text, end);
}

}  // namespace gvm::text
