#include <algorithm>
#include <optional>

#include "guard/compiled_rules.h"
#include "guard/hidden.h"
#include "text/character_bits.h"
#include "text/encoded.h"
#include "text/utf8.h"

namespace gvm::guard {
namespace {

// Scripts without spaces between words have no borders of words: Chinese, Japanese, Thai.
bool is_word_character(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  const bool no_spaces = (c >= 0xE00 && c <= 0xE7F) || (c >= 0x3000 && c <= 0x9FFF) ||
                         (c >= 0xF900 && c <= 0xFAFF) || c >= 0x20000;
  return !no_spaces && (text::character_bits(c) & text::kLetter) != 0;
}

char32_t code_point_before(std::string_view text, std::size_t at) {
  auto begin = at - 1;
  while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
  return text::first_code_point(text.substr(begin)).value;
}

bool joins(std::string_view text, std::size_t border) {
  if (border == 0 || border >= text.size()) return false;
  return is_word_character(code_point_before(text, border)) &&
         is_word_character(text::first_code_point(text.substr(border)).value);
}

bool is_whole(std::string_view text, Span span) {
  return !joins(text, span.begin) && !joins(text, span.end);
}

// Matches of an injection, which count together.
struct Signs {
  std::vector<Match> list;
  unsigned points = 0;

  bool add(const Match& match) {
    constexpr std::size_t kMost = 2'000;
    constexpr unsigned kEnough = 1'000'000;
    points = std::min(points + match.score, kEnough);
    if (list.size() < kMost) list.push_back(match);
    return list.size() < kMost;
  }
};

class Search {
 public:
  Search(const CompiledRules& compiled, Stage stage, Scope scope, const Reading& reading)
      : compiled_(compiled),
        stage_(stage),
        scope_(scope),
        reading_(reading),
        found_(compiled.limits.matches) {}

  Matches run() && {
    looks_for_signs_ = std::ranges::any_of(compiled_.injection_rules,
                                           [this](std::uint32_t rule) { return wanted(rule); });
    find_literals();
    find_patterns();
    for (const auto& [rule, detector] : compiled_.detectors)
      if (wanted(rule)) find_with(rule, *detector);
    if (looks_for_signs_) find_signs();
    return std::move(found_);
  }

 private:
  bool wanted(std::uint32_t rule) const { return compiled_.looks_at(rule, stage_, scope_); }

  void find_literals() {
    const auto text = reading_.search.text();
    atom_seen_.assign(compiled_.atoms, 0);
    // Literals that end each other ("a", "aa", ...) are all found at one place.
    constexpr std::size_t kHitsOfAByte = 64;
    constexpr std::size_t kMoreHits = 100'000;
    constexpr std::uint64_t kHit = 50;
    auto hits_left = text.size() * kHitsOfAByte + kMoreHits;
    compiled_.literals.each(text, [&](std::uint32_t id, std::size_t begin, std::size_t end) {
      if (!may_spend(reading_.effort, kHit)) return false;
      if (--hits_left == 0) found_.give_up();
      return hits_left > 0 && take(compiled_.literal_uses[id], {begin, end});
    });
  }

  bool take(const LiteralUse& use, Span span) {
    if (use.kind == LiteralUse::Kind::atom) {
      if (atom_seen_[use.index] == 0) atoms_.push_back(use.index);
      atom_seen_[use.index] = 1;
      return true;
    }
    if (use.whole_words && !is_whole(reading_.search.text(), span)) return true;
    const auto place = reading_.search.origin(span);
    if (use.kind == LiteralUse::Kind::phrase) {
      if (looks_for_signs_) signs_.add({0, place, "phrase", use.points});
      return true;
    }
    return !wanted(use.index) || found_.add({use.index, place, "literal", 0});
  }

  void find_patterns() {
    const auto text = reading_.clean.text();
    const PatternMatcher::Atoms atoms{atoms_, atom_seen_};
    compiled_.patterns.each(text, atoms, reading_.effort, [&](std::uint32_t id, Span span) {
      const auto& use = compiled_.pattern_uses[id];
      if (!wanted(use.rule)) return true;
      const auto secret = text.substr(span.begin, span.end - span.begin);
      if (use.holds != nullptr && !use.holds(secret)) return true;
      return found_.add({use.rule, reading_.clean.origin(span), use.label, 0});
    });
  }

  void find_with(std::uint32_t rule, const Detector& detector) {
    const auto& view = detector.in_search() ? reading_.search : reading_.clean;
    const auto size = reading_.original.size();
    detector.find(reading_, [&](Span span, std::string_view label, unsigned score) {
      const bool whole = span.begin == 0 && span.end == view.text().size();
      return found_.add({rule, whole ? Span{0, size} : view.origin(span), label, score});
    });
  }

  void find_signs() {
    find_hidden(reading_, [this](Span span, std::string_view label, unsigned points) {
      return signs_.add({0, span, label, points});
    });
    find_blobs();
    for (const auto rule : compiled_.injection_rules) {
      if (!wanted(rule) || signs_.points < compiled_.rules[rule].score) continue;
      for (auto sign : signs_.list) {
        sign.rule = rule;
        if (!found_.add(sign)) return;
      }
    }
  }

  // An encoded text is a sign; one that says what an injection says is as good as one.
  void find_blobs() {
    constexpr std::size_t kMostBlobs = 256;
    constexpr unsigned kPointsOfBlob = 2;
    for (const auto& blob : text::find_encoded(reading_.original, kMostBlobs)) {
      if (blob.decoded.empty()) continue;
      const auto inside = phrase_points(compiled_, decoded_again(blob.decoded));
      const std::string_view label = inside > 0 ? "encoded_phrase" : "encoded_text";
      signs_.add({0, {blob.begin, blob.end}, label, kPointsOfBlob + inside * 2});
    }
  }

  // Base64 in base64, a few times.
  static std::string decoded_again(std::string text) {
    constexpr int kMostTimes = 3;
    for (int i = 0; i < kMostTimes; ++i) {
      const auto inner = text::find_encoded(text, 1);
      if (inner.empty() || inner[0].decoded.empty()) break;
      text = inner[0].decoded;
    }
    return text;
  }

  const CompiledRules& compiled_;
  Stage stage_;
  Scope scope_;
  const Reading& reading_;
  Matches found_;
  Signs signs_;
  bool looks_for_signs_ = false;
  std::vector<std::uint8_t> atom_seen_;
  std::vector<std::uint32_t> atoms_;
};

}  // namespace

Matches find_matches(const CompiledRules& compiled, Stage stage, Scope scope,
                     const Reading& reading) {
  return Search(compiled, stage, scope, reading).run();
}

unsigned phrase_points(const CompiledRules& compiled, std::string_view text) {
  constexpr unsigned kEnough = 1'000;
  const auto view = search_view(text);
  unsigned points = 0;
  compiled.literals.each(view.text(), [&](std::uint32_t id, std::size_t begin, std::size_t end) {
    const auto& use = compiled.literal_uses[id];
    if (use.kind != LiteralUse::Kind::phrase) return true;
    if (use.whole_words && !is_whole(view.text(), {begin, end})) return true;
    points += use.points;
    return points < kEnough;
  });
  return points;
}

}  // namespace gvm::guard
