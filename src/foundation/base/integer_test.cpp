#include "base/integer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace gvm {
namespace {

constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

Integer big(std::string_view text) {
  return Integer::parse(text).value();
}

TEST(Integer, ParsesWhatItPrints) {
  for (const auto* text :
       {"0", "7", "-7", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "-9223372036854775809",
        "115792089237316195423570985008687907853269984665640564039457584007913129639935"}) {
    EXPECT_EQ(big(text).to_string(), text);
  }
}

TEST(Integer, RefusesTextThatIsNoDecimal) {
  for (const auto* text :
       {"", "-", "+1", " 1", "1 ", "0x10", "1.0", "1e3", "--1", "12345678901234567890 "}) {
    EXPECT_FALSE(Integer::parse(text)) << text;
  }
}

TEST(Integer, HoldsWhatFitsInlineHoweverItWasMade) {
  EXPECT_TRUE(big("-9223372036854775808").fits_i64());
  EXPECT_TRUE(big("000000000000000000000000000000000000012").fits_i64());
  EXPECT_FALSE(big("9223372036854775808").fits_i64());
  EXPECT_TRUE(Integer::from_u64(kMax).fits_i64());
  EXPECT_FALSE(Integer::from_u64(std::uint64_t{1} << 63).fits_i64());
}

TEST(Integer, ConvertsToMachineIntegersOnlyWhenTheyHoldIt) {
  EXPECT_EQ(Integer(kMin).to_i64(), kMin);
  EXPECT_EQ(Integer(-1).to_u64(), std::nullopt);
  EXPECT_EQ(big("18446744073709551615").to_u64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(big("18446744073709551616").to_u64(), std::nullopt);
  EXPECT_EQ(big("-18446744073709551615").to_u64(), std::nullopt);
  EXPECT_EQ(big("18446744073709551615").to_i64(), std::nullopt);
}

TEST(Integer, TakesOnlyIntegralDoubles) {
  EXPECT_EQ(Integer::from_integral(3.0), Integer(3));
  EXPECT_EQ(Integer::from_integral(-0.0), Integer(0));
  EXPECT_EQ(Integer::from_integral(-9223372036854775808.0), Integer(kMin));
  EXPECT_EQ(Integer::from_integral(9223372036854775808.0), big("9223372036854775808"));
  EXPECT_EQ(Integer::from_integral(1e23)->to_string(), "99999999999999991611392");
  for (const double no : {0.5, -1.25, std::nan(""), double{INFINITY}, -double{INFINITY}})
    EXPECT_FALSE(Integer::from_integral(no));
}

TEST(Integer, OrdersAcrossSizes) {
  const std::vector<Integer> ascending{big("-99999999999999999999999"),
                                       Integer(kMin),
                                       Integer(-1),
                                       Integer(0),
                                       Integer(kMax),
                                       big("9223372036854775808"),
                                       big("99999999999999999999999")};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      EXPECT_EQ(ascending[i] <=> ascending[k], i <=> k) << i << " " << k;
    }
  }
}

TEST(Integer, CountsBits) {
  EXPECT_EQ(Integer(0).bit_length(), 0);
  EXPECT_EQ(Integer(1).bit_length(), 1);
  EXPECT_EQ(Integer(-256).bit_length(), 9);
  EXPECT_EQ(Integer(kMin).bit_length(), 64);
  EXPECT_EQ(Integer::pow2(256).bit_length(), 257);
}

TEST(Integer, CopiesAreIndependent) {
  Integer a = Integer::pow2(100);
  const Integer b = a;
  a = Integer(5);
  EXPECT_EQ(b, Integer::pow2(100));
  Integer c = b;
  c = b;
  const Integer moved = std::move(c);
  EXPECT_EQ(moved, b);
}

TEST(Integer, IsMadeOfLimbs) {
  const std::vector<std::uint64_t> limbs{~0ULL, 1};
  EXPECT_EQ(Integer::from_limbs(limbs, false), big("36893488147419103231"));
  EXPECT_EQ(Integer::from_limbs(limbs, true), big("-36893488147419103232"));
  const std::vector<std::uint64_t> small{6, 0};
  EXPECT_EQ(Integer::from_limbs(small, true).to_i64(), -7);
  EXPECT_EQ(Integer::pow2(64).big_limbs().size(), 2);
}

TEST(Integer, MovesThroughGmpAndDoubles) {
  mpz_t z;
  mpz_init(z);
  big("-123456789012345678901234567890").to_mpz(z);
  EXPECT_EQ(Integer::from_mpz(z).to_string(), "-123456789012345678901234567890");
  mpz_clear(z);
  EXPECT_DOUBLE_EQ(Integer::pow2(80).to_double(), std::pow(2.0, 80));
  EXPECT_DOUBLE_EQ(Integer(-3).to_double(), -3.0);
}

}  // namespace
}  // namespace gvm
