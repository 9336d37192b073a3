#include "text/reasoning.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/codes.h"

namespace gvm::text {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kChannel = "<|channel|>";
constexpr std::string_view kMessage = "<|message|>";
constexpr std::string_view kFinal = "final";
// Bytes between "final" and "<|message|>", where a constraint may be named.
constexpr std::size_t kMaxChannelHeader = 64;
constexpr int kMaxOpenObjects = 16;  // each costs a scan to the end of the text

struct Mark {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool closes = false;
  std::size_t kind = 0;  // index into kPairs, or kChannelKind
};

struct Pair {
  std::string_view opening;
  std::string_view closing;
};
constexpr std::array<Pair, 5> kPairs = {{{"<think>", "</think>"},
                                         {"<thinking>", "</thinking>"},
                                         {"[think]", "[/think]"},
                                         {"<seed:think>", "</seed:think>"},
                                         {"\u25C1think\u25B7", "\u25C1/think\u25B7"}}};

constexpr std::size_t kChannelKind = kPairs.size();

// Words that introduce a quotation.
constexpr std::array<std::string_view, 9> kSpeech = {"wrote",  "writes", "said",   "says",  "quote",
                                                     "quotes", "reads",  "claims", "states"};

bool starts_with_in_any_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::ranges::equal(text.substr(0, lower.size()), lower, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
         });
}

std::optional<Mark> channel_at(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with(kChannel)) return std::nullopt;
  const auto name = at + kChannel.size();
  const bool final = text.substr(name).starts_with(kFinal);
  const auto message = text.substr(name, kMaxChannelHeader).find(kMessage);
  if (message == std::string_view::npos) return Mark{at, name, false, kChannelKind};
  return Mark{at, name + message + kMessage.size(), final, kChannelKind};
}

std::optional<Mark> mark_at(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  static constexpr std::string_view kSecond = "tTsS/|\x97";
  if (rest.size() < 2 || !kSecond.contains(rest[1])) return std::nullopt;
  for (std::size_t kind = 0; kind < kPairs.size(); ++kind) {
    const auto& [opening, closing] = kPairs[kind];
    if (starts_with_in_any_case(rest, closing)) return Mark{at, at + closing.size(), true, kind};
    if (starts_with_in_any_case(rest, opening)) return Mark{at, at + opening.size(), false, kind};
  }
  return channel_at(text, at);
}

// Behind the bracket that closes the one at `start`, brackets within strings apart; empty when it
// stays open.
std::optional<std::size_t> end_of_balanced(std::string_view text, std::size_t start) {
  std::size_t depth = 0;
  for (std::size_t i = start; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::nullopt;
}

bool looks_like_json(std::string_view text, std::size_t start) {
  const auto next = text.find_first_not_of(kSpace, start + 1);
  return next != std::string_view::npos && std::string_view("\"{[").contains(text[next]);
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  AnswerParts run() {
    for (std::size_t i = 0; i < text_.size();) i = step(i);
    return result();
  }

 private:
  // Looks at the character at `i`; returns the offset to go on at.
  std::size_t step(std::size_t i) {
    const char c = text_[i];
    if (c == '`') return backticks(i);
    if (c == '<' || c == '[' || c == '\xE2') {
      if (const auto mark = mark_at(text_, i)) return take(*mark);
    }
    if ((c == '{' || c == '[') && opened_ == 0 && looks_like_json(text_, i)) return json(i);
    return i + 1;
  }

  // In a reasoning block that the model opened itself, braces and fences have no meaning.
  std::size_t backticks(std::size_t i) {
    const auto end = std::min(text_.find_first_not_of('`', i), text_.size());
    if (opened_ == 0 && end - i >= 3) in_fence_ = !in_fence_;
    return end;
  }

  std::size_t json(std::size_t i) {
    if (open_objects_ >= kMaxOpenObjects) {
      object_is_open_ = true;
      return i + 1;
    }
    if (const auto end = end_of_balanced(text_, i)) return *end;
    ++open_objects_;
    object_is_open_ = true;
    return i + 1;
  }

  std::size_t take(const Mark& mark) {
    if (is_content(mark)) return mark.end;
    if (mark.closes) {
      close(mark);
    } else {
      if (opened_ == 0) keep_spoken(mark.begin);
      ++opened_;
      opened_kind_ = mark.kind;
      last_opening_ = mark.begin;
      last_is_opening_ = true;
    }
    return mark.end;
  }

  void close(const Mark& mark) {
    const bool channel = mark.kind == kChannelKind;
    if (opened_ == 0 && !is_at_line(mark) && !(channel && follows_a_token(mark))) return;
    doubt_ = std::max(doubt_, doubt_of(mark));
    if (opened_ == 0) spoken_.clear();  // a draft, whose opening mark stood in the prompt
    opened_ = channel ? 0 : std::max(opened_ - 1, 0);
    answer_ = mark.end;
    reasoned_ = true;
    last_is_opening_ = in_fence_ = object_is_open_ = false;
    channels_ = channels_ || channel;
  }

  // What stands in front of an opening mark is no part of the thoughts.
  void keep_spoken(std::size_t end) {
    auto text = text_.substr(answer_, end - answer_);
    for (const std::string_view token : {"<|start|>assistant", "<|end|>"}) {
      if (text.ends_with(token)) text.remove_suffix(token.size());
    }
    if (text.find_first_not_of(kSpace) != std::string_view::npos) spoken_.push_back(text);
  }

  MarkDoubt doubt_of(const Mark& mark) const {
    const bool lone = opened_ == 0 || opened_kind_ != mark.kind;
    if (lone && object_is_open_) return MarkDoubt::strong;
    auto before = text_.substr(answer_, mark.begin - answer_);
    if (mark.kind == kChannelKind) {
      for (const std::string_view token : {"<|start|>assistant", "<|end|>"}) {
        if (before.ends_with(token)) before.remove_suffix(token.size());
      }
      if (lone && !before.empty()) return MarkDoubt::strong;
    }
    return doubt_behind(before, lone);
  }

  // Reasoning ends with a sentence or at the end of a line; a quotation begins within a sentence.
  static MarkDoubt doubt_behind(std::string_view before, bool lone) {
    const auto last = before.find_last_not_of(kSpace);
    if (last == std::string_view::npos) return MarkDoubt::none;
    const char c = before[last];
    if (std::string_view(":=,;\\\"'`([{").contains(c)) return MarkDoubt::strong;
    const auto words = before.substr(0, last + 1);
    for (const auto word : kSpeech) {
      if (words.ends_with(word)) return MarkDoubt::strong;
    }
    const bool within_sentence = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (!within_sentence) return MarkDoubt::none;
    const auto gap = before.substr(last + 1);
    if (!gap.empty() && !gap.contains('\n')) return MarkDoubt::strong;
    return lone ? MarkDoubt::some : MarkDoubt::none;
  }

  bool is_content(const Mark& mark) const {
    if (opened_ > 0) return false;
    if (!mark.closes && only_space_before(mark.begin)) return false;
    if (in_fence_) return true;
    const char before = mark.begin > 0 ? text_[mark.begin - 1] : ' ';
    const char after = mark.end < text_.size() ? text_[mark.end] : ' ';
    return before == '`' || before == '\'' || (before == '"' && after == '"') || after == '`';
  }

  bool only_space_before(std::size_t offset) const {
    return text_.substr(answer_, offset - answer_).find_first_not_of(kSpace) ==
           std::string_view::npos;
  }

  bool is_at_line(const Mark& mark) const {
    const auto before = text_.substr(0, mark.begin).find_last_not_of(" \t\r");
    const auto after = text_.find_first_not_of(" \t\r", mark.end);
    return before == std::string_view::npos || text_[before] == '\n' ||
           after == std::string_view::npos || text_[after] == '\n' || only_space_before(mark.begin);
  }

  // "<|end|><|start|>assistant<|channel|>final".
  bool follows_a_token(const Mark& mark) const {
    const auto before = text_.substr(0, mark.begin);
    return before.ends_with("|>") || before.ends_with("<|start|>assistant");
  }

  AnswerParts result() {
    AnswerParts parts;
    parts.answer = text_.substr(answer_);
    parts.reasoned = reasoned_;
    // An opening mark without an end, behind words, is mentioned and opens nothing.
    if (last_is_opening_ && !only_space_before(last_opening_) && !spoken_.empty())
      spoken_.pop_back();
    parts.spoken = std::move(spoken_);
    parts.doubt = doubt_;
    if (last_is_opening_ && only_space_before(last_opening_)) {
      parts.reasoned = parts.unfinished = true;
      parts.answer = {};
    }
    if (channels_) trim_end_tokens(parts.answer);
    return parts;
  }

  static void trim_end_tokens(std::string_view& answer) {
    const auto trim_space = [&answer] {
      const auto last = answer.find_last_not_of(kSpace);
      answer = answer.substr(0, last == std::string_view::npos ? 0 : last + 1);
    };
    trim_space();
    for (const std::string_view token : {"<|return|>", "<|end|>"}) {
      if (answer.ends_with(token)) answer.remove_suffix(token.size());
    }
    trim_space();
  }

  std::string_view text_;
  std::vector<std::string_view> spoken_;
  std::size_t answer_ = 0;  // where the answer begins, as far as is known
  std::size_t last_opening_ = 0;
  std::size_t opened_kind_ = 0;
  int opened_ = 0;  // marks of reasoning that are open
  int open_objects_ = 0;
  bool last_is_opening_ = false;  // of the marks that count
  bool object_is_open_ = false;   // since `answer_`
  bool in_fence_ = false;
  bool reasoned_ = false;
  MarkDoubt doubt_ = MarkDoubt::none;
  bool channels_ = false;
};

// Appends `part`, in a line of its own when a line break stood between the two.
void append(std::string& out, std::string_view part) {
  const auto first = part.find_first_not_of(kSpace);
  if (out.empty()) {
    out = part.substr(std::min(first, part.size()));
    return;
  }
  const auto end = out.find_last_not_of(kSpace) + 1;
  const bool broken =
      std::string_view(out).substr(end).contains('\n') || part.substr(0, first).contains('\n');
  out.resize(end);
  if (first == std::string_view::npos) return;
  out += broken ? '\n' : ' ';
  out += part.substr(first);
}

}  // namespace

AnswerParts split_reasoning(std::string_view text) {
  return Splitter(text).run();
}

Result<std::string> strip_reasoning(std::string_view text) {
  const auto parts = split_reasoning(text);
  if (parts.unfinished && parts.spoken.empty()) {
    return fail(codes::kAnswerNotUsable, Fatality::fatal, "the answer ends within its reasoning");
  }
  if (!parts.reasoned) return std::string(text);
  if (parts.doubt == MarkDoubt::strong) {
    return fail(codes::kAnswerNotUsable, Fatality::fatal,
                "a mark that ends reasoning may be quoted: which part is the answer is open");
  }
  std::string out;
  for (const auto part : parts.spoken) append(out, part);
  append(out, parts.answer);
  return out;
}

}  // namespace gvm::text
