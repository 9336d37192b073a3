#include "routing/snapshot.h"

#include <gtest/gtest.h>

#include "routing/random.h"
#include "routing/test_candidates.h"

namespace gvm::routing {
namespace {

Snapshot random_snapshot(Random& random, std::size_t size) {
  Snapshot out(size);
  for (auto& state : out) {
    if (random.below(3) == 0) continue;
    state = {.availability = static_cast<Availability>(random.below(7)),
             .no_json = random.below(2) == 0,
             .no_image = random.below(2) == 0,
             .share = static_cast<std::uint16_t>(random.below(1001)),
             .calls = random.below(100),
             .backend_calls = random.below(1000),
             .latency = random.below(5'000'000),
             .requests = random.below(10'000),
             .tokens = random.next() >> 24,
             .recovers_in = random.next() >> random.below(64)};
  }
  return out;
}

TEST(Snapshot, ReadsBackWhatItWrote) {
  Random random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    const auto snapshot = random_snapshot(random, size);
    const auto text = to_text(snapshot);
    const auto back = parse_snapshot(text);
    ASSERT_TRUE(back) << text << " " << back.error().to_string();
    ASSERT_EQ(*back, snapshot) << text;
  }
}

TEST(Snapshot, IsShort) {
  Snapshot snapshot(20);
  for (auto& state : snapshot) {
    state.latency = 1'234'567;
    state.calls = 12;
  }
  EXPECT_EQ(to_text(Snapshot(5)), "1|;;;;;");
  EXPECT_EQ(parse_snapshot("1|;")->size(), 1U) << "one candidate at rest";
  EXPECT_EQ(parse_snapshot("1|")->size(), 0U);
  EXPECT_LE(to_text(snapshot).size(), 20U * 12 + 2);
}

TEST(Snapshot, RefusesBadTextAndSaysWhere) {
  for (const char* text :
       {"", "2|", "1", "1|x1;", "1|c;", "1|c-1;", "1|c1;;q;", "1|a7;", "1|j2;", "1|s65536;",
        "1|c4294967296;", "1|t18446744073709551616;", "1|c1 ;", "1|c1"}) {
    const auto parsed = parse_snapshot(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), "MALFORMED_SNAPSHOT");
    EXPECT_NE(parsed.error().to_string().find("at character"), std::string::npos);
  }
  EXPECT_FALSE(parse_snapshot("1|" + std::string(kMaxCandidates + 1, ';')));
}

TEST(Snapshot, SurvivesAnyBytes) {
  Random random(5);
  constexpr std::string_view kLetters = "ajiscblrtw;;|0123456789\n\x80";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "1|";
    for (auto n = random.below(20); n > 0; --n)
      text += kLetters[random.below(static_cast<std::uint32_t>(kLetters.size()))];
    if (const auto parsed = parse_snapshot(text)) {
      ASSERT_EQ(parse_snapshot(to_text(*parsed)).value(), *parsed) << text;
    }
  }
}

}  // namespace
}  // namespace gvm::routing
