#include "pricing/gen.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"
#include "pricing/codes.h"

namespace gvm::pricing {
namespace {

std::string consumed(std::string_view usd, std::string_view rate) {
  const auto gen = consumed_gen(*Usd::parse(usd), *GenRate::parse(rate));
  return gen ? gen->to_string() : std::string(gen.error().code());
}

TEST(ConsumedGen, IsTheCostAtTheRate) {
  EXPECT_EQ(consumed("0.5", "1000"), "500");
  EXPECT_EQ(consumed("0.0232856", "1000000000000000000000"), "23285600000000000000");
}

TEST(ConsumedGen, IsRoundedUpSoThatNothingPaidIsFree) {
  EXPECT_EQ(consumed("0", "1000"), "0");
  EXPECT_EQ(consumed("0.000000000000000001", "1"), "1");
  EXPECT_EQ(consumed("1", "1/3"), "1");
  EXPECT_EQ(consumed("3", "1/3"), "1");
  EXPECT_EQ(consumed("3.000000000000000001", "1/3"), "2");
}

TEST(ConsumedGen, IsBelowTwoToThe256) {
  const auto most = Integer::pow2(256).to_string();
  EXPECT_EQ(consumed("1", most), codes::kTooLarge);
  EXPECT_EQ(consumed("0.5", most), Integer::pow2(255).to_string());
}

TEST(GenRate, FollowsFromTimeUnits) {
  const auto rate = GenRate::from_time_units("1000000000000000000000", "0.5");
  ASSERT_TRUE(rate) << rate.error().to_string();
  EXPECT_EQ(rate->gen_per_usd(), *money::Rational::parse("500000000000000000000"));
  EXPECT_EQ(gen_of(*Usd::parse("0.001"), *rate), *money::Rational::parse("500000000000000000"));
}

TEST(GenRate, RefusesWhatIsNoRate) {
  const std::string long_text(2000, '9');
  for (const std::string& text :
       {std::string(), std::string("0"), std::string("-1"), std::string("a"), std::string("1/0"),
        std::string("0/5"), std::string("1e5000"), long_text}) {
    const auto rate = GenRate::parse(text);
    ASSERT_FALSE(rate) << text;
    EXPECT_EQ(rate.error().code(), codes::kBadGenRate);
    EXPECT_LT(rate.error().to_string().size(), 200U);
  }
  EXPECT_EQ(GenRate::from_time_units("x", "1").error().code(), codes::kBadGenRate);
  EXPECT_EQ(GenRate::from_time_units("1", "0").error().code(), codes::kBadGenRate);
  EXPECT_FALSE(GenRate::make(money::Rational(0)));
}

}  // namespace
}  // namespace gvm::pricing
