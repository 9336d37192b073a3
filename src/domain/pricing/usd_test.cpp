#include "pricing/usd.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gvm::pricing {
namespace {

std::string parsed(std::string_view text) {
  const auto usd = Usd::parse(text);
  return usd ? usd->to_string() : "refused";
}

TEST(Usd, ReadsDecimalsExactly) {
  EXPECT_EQ(parsed("0"), "0");
  EXPECT_EQ(parsed("12"), "12");
  EXPECT_EQ(parsed("0.0033789"), "0.0033789");
  EXPECT_EQ(parsed(".5"), "0.5");
  EXPECT_EQ(parsed("1.2e-05"), "0.000012");
  EXPECT_EQ(parsed("1.5E+3"), "1500");
  EXPECT_EQ(parsed("0.000000000000000001"), "0.000000000000000001");
  EXPECT_EQ(parsed("0e60"), "0");
}

TEST(Usd, RoundsFurtherDecimalsUp) {
  EXPECT_EQ(parsed("0.0000000000000000010"), "0.000000000000000001");
  EXPECT_EQ(parsed("0.0000000000000000011"), "0.000000000000000002");
  EXPECT_EQ(parsed("1e-60"), "0.000000000000000001");
}

TEST(Usd, RefusesWhatIsNoAmount) {
  for (const auto* text :
       {"", ".", "-1", "+1", "1,5", "1.2.3", "abc", "NaN", "inf", "1e", "1e9999", "1e-65", "0x10",
        " 1", "1000000.01", "1e30", "1e64", "1234567890123456789012345678901"})
    EXPECT_EQ(parsed(text), "refused") << text;
}

TEST(Usd, ReadsADoubleAsItsTextWas) {
  for (const auto* text :
       {"0.1", "0.0033789", "0.00011018", "1.96e-06", "8.19e-05", "0.30000000004"})
    EXPECT_EQ(Usd::from_double(std::stod(text)), Usd::parse(text)) << text;
  EXPECT_FALSE(Usd::from_double(-0.1));
  EXPECT_FALSE(Usd::from_double(std::nan("")));
  EXPECT_FALSE(Usd::from_double(INFINITY));
}

TEST(Usd, IsRoundedUpToNanoDollars) {
  EXPECT_EQ(Usd().nano_up(), 0);
  EXPECT_EQ(Usd::from_atto(1).nano_up(), 1);
  EXPECT_EQ(Usd::from_atto(kAttoPerNano).nano_up(), 1);
  EXPECT_EQ(Usd::from_atto(kAttoPerNano + 1).nano_up(), 2);
  EXPECT_EQ(Usd::parse("1000000")->nano_up(), kMaxUsdPerCall * kNanoPerUsd);
  EXPECT_FALSE(Usd::from_atto(Usd::parse("1000000")->atto() + 1).nano_up());
}

TEST(Usd, ComesBackFromNanoDollars) {
  EXPECT_EQ(Usd::from_nano(23'285'600).to_string(), "0.0232856");
  EXPECT_EQ(Usd::from_nano(INT64_MAX).to_string(), "9223372036.854775807");
  EXPECT_TRUE(Usd::from_nano(-1).is_zero());
}

TEST(Usd, IsARational) {
  EXPECT_EQ(Usd::parse("0.25")->to_rational(), *money::Rational::parse("1/4"));
  EXPECT_EQ(Usd::from_atto(Uint128{1} << 100).to_rational() *
                money::Rational(Integer::from_u64(kAttoPerUsd)),
            money::Rational(Integer::pow2(100)));
}

}  // namespace
}  // namespace gvm::pricing
