#include "guard/pattern_matcher.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>
#include <set>

namespace gvm::guard {
namespace {

using Hits = std::multiset<std::pair<std::uint32_t, std::string>>;

Hits hits_of(const std::vector<std::string>& patterns, const std::string& text) {
  PatternMatcher matcher(patterns.size());
  for (std::uint32_t id = 0; id < patterns.size(); ++id)
    EXPECT_EQ(matcher.add(patterns[id], id), "");
  const auto atoms = matcher.build();
  std::vector<std::uint32_t> found;
  std::vector<std::uint8_t> occurs;
  std::string lower = text;
  for (auto& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (std::uint32_t i = 0; i < atoms->size(); ++i) {
    occurs.push_back(lower.find((*atoms)[i]) == std::string::npos ? 0 : 1);
    if (occurs.back() != 0) found.push_back(i);
  }
  Hits hits;
  matcher.each(text, {found, occurs}, nullptr, [&](std::uint32_t id, Span span) {
    hits.emplace(id, text.substr(span.begin, span.end - span.begin));
    return true;
  });
  return hits;
}

Hits by_re2(const std::vector<std::string>& patterns, const std::string& text) {
  Hits hits;
  for (std::uint32_t id = 0; id < patterns.size(); ++id) {
    const RE2 re("(" + patterns[id] + ")");
    re2::StringPiece rest(text);
    std::string match;
    while (RE2::FindAndConsume(&rest, re, &match)) hits.emplace(id, match);
  }
  return hits;
}

const std::vector<std::string> kPatterns = {"foo|bar",
                                            "(?i)case[- ]?12x",
                                            "ab.*cd",
                                            "[0-9]{4}",
                                            "[a-c]x|yy",
                                            "(red|green|blue) (cat|dog)",
                                            "a|b|cc",
                                            "q[^u]",
                                            "(?:key|token)[:=]\\w+",
                                            "zz+top",
                                            "needle"};

TEST(PatternMatcher, FindsWhatEachExpressionFindsAlone) {
  for (const std::string text :
       {"", "foo", "a bar", "Case-12X case12x", "abxcd ab", "1234 56789", "ax yy", "red dog",
        "green", "cc", "qa qu", "token=7 key:", "zztop zop", "needl needle", "nothing at all"})
    EXPECT_EQ(hits_of(kPatterns, text), by_re2(kPatterns, text)) << text;
}

TEST(PatternMatcher, FindsTheSameInRandomTexts) {
  const std::vector<std::string> pieces = {"foo", "ba",  "r",   "case", "-", "12",     "x",
                                           " ",   "red", "cat", "key",  "=", "needle", "1",
                                           "zz",  "top", "ab",  "cd",   "q", "u",      "CASE"};
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (auto i = random() % 20; i > 0; --i) text += pieces[random() % pieces.size()];
    EXPECT_EQ(hits_of(kPatterns, text), by_re2(kPatterns, text)) << text;
  }
}

}  // namespace
}  // namespace gvm::guard
