#include "guard/hidden.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/utf8.h"
#include "text/character_bits.h"
#include "text/utf8.h"

namespace gvm::guard {
namespace {

constexpr unsigned kSure = 10;
constexpr unsigned kLikely = 5;
constexpr unsigned kHint = 2;

struct Run {
  Span span;
  std::size_t tags = 0;
  std::size_t selectors = 0;
  std::size_t overrides = 0;
  std::size_t unseen = 0;
};

// One run of characters that are not seen.
struct Judged {
  unsigned points;
  std::string_view label;
};

Judged judge(const Run& run) {
  constexpr std::size_t kFlagTags = 6;  // the three flags that are emoji
  constexpr std::size_t kManySelectors = 3;
  constexpr std::size_t kManyUnseen = 4;
  if (run.tags > kFlagTags) return {kSure, "hidden_tags"};
  if (run.selectors >= kManySelectors) return {kSure, "hidden_selectors"};
  if (run.overrides > 0) return {kLikely, "reordered_text"};
  if (run.unseen >= kManyUnseen) return {kLikely, "invisible_characters"};
  return {0, {}};
}

bool is_override(char32_t c) {
  return c == 0x202D || c == 0x202E;
}

bool count(Run& run, char32_t c) {
  const auto bits = text::character_bits(c);
  constexpr unsigned kUnseen =
      text::kTag | text::kVariation | text::kBidi | text::kNoSpace | text::kIgnorable;
  if ((bits & kUnseen) == 0) return false;
  run.tags += (bits & text::kTag) != 0 ? 1 : 0;
  run.selectors += (bits & text::kVariation) != 0 ? 1 : 0;
  run.overrides += is_override(c) ? 1 : 0;
  run.unseen += (bits & (text::kTag | text::kVariation)) == 0 ? 1 : 0;
  return true;
}

bool find_unseen(std::string_view text, const Report& report) {
  Run run;
  const auto end_run = [&]() {
    const auto judged = judge(run);
    const auto span = run.span;
    run = {};
    return judged.points == 0 || report(span, judged.label, judged.points);
  };
  for (std::size_t i = 0; i < text.size();) {
    if (const auto ascii = utf8::ascii_prefix(text.substr(i)); ascii > 0) {
      if (!end_run()) return false;
      i += ascii;
      continue;
    }
    const auto c = text::first_code_point(text.substr(i));
    if (!count(run, c.value)) {
      if (!end_run()) return false;
    } else {
      if (run.span.end == 0) run.span.begin = i;
      run.span.end = i + c.bytes;
    }
    i += c.bytes;
  }
  return end_run();
}

// How pages hide an element by its style or attributes.
constexpr std::string_view kHiding[] = {"display:none",       "display: none", "visibility:hidden",
                                        "visibility: hidden", "font-size:0",   "font-size: 0",
                                        "opacity:0",          "opacity: 0"};

void find_markup(std::string_view text, const Report& report) {
  constexpr std::string_view kOpen = "<!--";
  constexpr std::string_view kClose = "-->";
  for (auto at = text.find(kOpen); at != std::string_view::npos;) {
    const auto close = text.find(kClose, at + kOpen.size());
    if (close == std::string_view::npos) break;
    if (!report({at, close + kClose.size()}, "comment", kHint)) return;
    at = text.find(kOpen, close);
  }
  if (text.find('<') == std::string_view::npos) return;
  const auto lower = lowered(text);
  for (const auto style : kHiding)
    for (auto at = lower.find(style); at != std::string::npos; at = lower.find(style, at + 1))
      if (!report({at, at + style.size()}, "invisible_element", kHint)) return;
}

}  // namespace

void find_hidden(const Reading& reading, const Report& report) {
  if (find_unseen(reading.original, report)) find_markup(reading.original, report);
}

}  // namespace gvm::guard
