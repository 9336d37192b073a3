#include "greybox/keyed_random.h"

#include <gtest/gtest.h>

#include <set>

namespace gvm::greybox {
namespace {

// The key of the published vectors: the bytes 0 to 15.
constexpr SipKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(KeyedRandom, IsSipHashOfThePublishedVectors) {
  const std::uint64_t words[] = {0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x1716151413121110};
  EXPECT_EQ(sip_hash(kKey, std::span(words, 1)), 0x93f5f5799a932462) << "8 bytes";
  EXPECT_EQ(sip_hash(kKey, std::span(words, 3)), 0xb8ad50c6f649af94) << "24 bytes";
}

TEST(KeyedRandom, SequencesOfOtherSeedsPurposesAndPromptsDiffer) {
  std::set<std::uint64_t> seen;
  for (const std::uint64_t seed : {1, 2})
    for (const std::uint64_t purpose : {1, 2})
      for (const std::uint64_t prompt : {1, 2}) {
        KeyedRandom random(seed, purpose, prompt);
        for (int i = 0; i < 100; ++i) seen.insert(random.next());
      }
  EXPECT_EQ(seen.size(), 800u);
}

TEST(KeyedRandom, UpToReachesBothEndsAndNothingBeyond) {
  KeyedRandom random(7, 1, 1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.up_to(5));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(random.up_to(0), 0u);
  EXPECT_NE(random.up_to(UINT64_MAX), random.up_to(UINT64_MAX));
}

TEST(KeyedRandom, UnitIsAtLeast0AndBelow1) {
  KeyedRandom random(7, 1, 1);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double x = random.unit();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

}  // namespace
}  // namespace gvm::greybox
