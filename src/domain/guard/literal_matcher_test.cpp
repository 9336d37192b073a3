#include "guard/literal_matcher.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

namespace gvm::guard {
namespace {

using Hits = std::multiset<std::tuple<std::uint32_t, std::size_t, std::size_t>>;

Hits by_hand(const std::vector<std::string>& literals, std::string_view text) {
  Hits hits;
  for (std::uint32_t id = 0; id < literals.size(); ++id)
    for (auto at = text.find(literals[id]); at != std::string_view::npos;
         at = text.find(literals[id], at + 1))
      hits.insert({id, at, at + literals[id].size()});
  return hits;
}

Hits by_matcher(const std::vector<std::string>& literals, std::string_view text) {
  LiteralMatcher matcher;
  for (std::uint32_t id = 0; id < literals.size(); ++id) matcher.add(literals[id], id);
  matcher.build();
  Hits hits;
  matcher.each(text, [&](std::uint32_t id, std::size_t begin, std::size_t end) {
    hits.insert({id, begin, end});
    return true;
  });
  return hits;
}

TEST(LiteralMatcher, FindsOverlappingLiterals) {
  const std::vector<std::string> literals = {"he", "she", "his", "hers", "s", "she"};
  EXPECT_EQ(by_matcher(literals, "ushers his"), by_hand(literals, "ushers his"));
}

TEST(LiteralMatcher, FindsAllThatASearchByHandFinds) {
  std::mt19937 random(4);
  for (int round = 0; round < 60; ++round) {
    const unsigned letters = 2 + random() % 4;
    const auto word = [&](std::size_t most) {
      std::string made;
      for (auto n = 1 + random() % most; n > 0; --n)
        made += static_cast<char>(random() % 9 == 0 ? 0xC3
                                                    : 'a' + static_cast<int>(random() % letters));
      return made;
    };
    std::vector<std::string> literals;
    for (int i = 0; i < (round % 3 == 0 ? 800 : 20); ++i) literals.push_back(word(9));
    const auto text = word(400) + word(400);
    EXPECT_EQ(by_matcher(literals, text), by_hand(literals, text));
  }
}

TEST(LiteralMatcher, OfNothingFindsNothing) {
  EXPECT_TRUE(by_matcher({}, "text").empty());
  EXPECT_TRUE(by_matcher({"text"}, "").empty());
}

TEST(LiteralMatcher, StopsWhenItIsTold) {
  LiteralMatcher matcher;
  matcher.add("a", 0);
  matcher.build();
  int seen = 0;
  matcher.each("aaaa", [&](std::uint32_t, std::size_t, std::size_t) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

// So many nodes that most have no row in the table.
TEST(LiteralMatcher, FindsTheSameBeyondItsTable) {
  std::mt19937 random(7);
  std::vector<std::string> literals;
  for (int i = 0; i < 3'000; ++i) {
    std::string literal = "common beginning ";
    for (int letter = 0; letter < 200; ++letter)
      literal += static_cast<char>(letter < 4 ? random() : 'a' + random() % 3);
    literals.push_back(std::move(literal));
  }
  std::string text = literals[5] + literals[2'999].substr(3) + literals[17] + "common beginning";
  for (int i = 0; i < 200; ++i) text += static_cast<char>(random());
  text += literals[1'000];
  const auto hits = by_hand(literals, text);
  EXPECT_EQ(hits.size(), 3U);
  EXPECT_EQ(by_matcher(literals, text), hits);
}

}  // namespace
}  // namespace gvm::guard
