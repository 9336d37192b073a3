#include "money/rational.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace gvm::money {
namespace {

TEST(Rational, ReadsIntegersFractionsAndDecimals) {
  const std::pair<const char*, const char*> good[] = {
      {"12", "12"},    {"-3/4", "-3/4"}, {"6/4", "3/2"},  {"1.25", "5/4"},
      {"-.5", "-1/2"}, {"5.", "5"},      {"1e3", "1000"}, {"1.5E-2", "3/200"},
      {"+7", "7"},     {"3/-6", "-1/2"}, {"0/5", "0"},    {"0.000", "0"},
  };
  for (const auto& [text, expected] : good) {
    const auto value = Rational::parse(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(value->to_string(), expected) << text;
  }
}

TEST(Rational, RefusesEverythingElse) {
  for (const char* text : {"", "x", "1/0", "1/", "/1", "1//2", ".", "-", "1e", "1e99999", "1.2.3",
                           " 1", "1 ", "0x10", "nan", "inf", "1/2.5", "--1", "1e+-2"}) {
    EXPECT_FALSE(Rational::parse(text)) << text;
  }
  EXPECT_FALSE(Rational::parse(std::string(Rational::kMaxTextBytes + 1, '1')));
}

TEST(Rational, DoublesAreTakenExactly) {
  EXPECT_EQ(Rational::from_double(0.5)->to_string(), "1/2");
  EXPECT_EQ(Rational::from_double(0.1)->to_double(), 0.1);
  EXPECT_NE(*Rational::from_double(0.1), *Rational::parse("0.1"));
  EXPECT_FALSE(Rational::from_double(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(Rational::from_double(std::numeric_limits<double>::quiet_NaN()));
}

TEST(Rational, ArithmeticKeepsItsLaws) {
  std::mt19937_64 random(7);
  const auto any = [&random] {
    const auto n = static_cast<std::int64_t>(random() % 20001) - 10000;
    const auto d = static_cast<std::int64_t>(random() % 999) + 1;
    return *Rational::make(n, d);
  };
  for (int i = 0; i < 2000; ++i) {
    const Rational a = any();
    const Rational b = any();
    const Rational c = any();
    EXPECT_EQ((a + b) + c, a + (b + c));
    EXPECT_EQ(a * (b + c), a * b + a * c);
    EXPECT_EQ(a - a, Rational(0));
    EXPECT_EQ(Rational::parse(a.to_string()), a);
    if (b.is_zero()) continue;
    EXPECT_EQ(*a.divided_by(b) * b, a);
    const Rational m = *a.modulo(b);
    EXPECT_EQ(Rational(a.divided_by(b)->floor()) * b + m, a);
    EXPECT_TRUE(m.is_zero() || m.sign() == b.sign());
    EXPECT_LT(m.abs(), b.abs());
    EXPECT_EQ(a < b, (a - b).sign() < 0);
  }
}

TEST(Rational, RoundsTowardsWhereItSays) {
  const Rational value = *Rational::parse("-7/2");
  EXPECT_EQ(value.floor(), Integer(-4));
  EXPECT_EQ(value.ceil(), Integer(-3));
  EXPECT_EQ(value.trunc(), Integer(-3));
}

TEST(Rational, PowersAreExactAndBounded) {
  EXPECT_EQ(Rational::parse("2/3")->pow(3)->to_string(), "8/27");
  EXPECT_EQ(Rational::parse("2/3")->pow(-2)->to_string(), "9/4");
  EXPECT_EQ(Rational(5).pow(0), Rational(1));
  EXPECT_EQ(Rational(-1).pow(4095), Rational(-1));
  EXPECT_FALSE(Rational(0).pow(-1));
  EXPECT_FALSE(Rational(2).pow(Rational::kMaxExponent + 1));
  EXPECT_FALSE(Rational(1000000007).pow(4000));
}

TEST(Rational, DivisionByZeroIsNoValue) {
  EXPECT_FALSE(Rational(1).divided_by(Rational(0)));
  EXPECT_FALSE(Rational(1).modulo(Rational(0)));
  EXPECT_FALSE(Rational::make(1, 0));
}

TEST(Rational, KnowsWhenItIsTooLarge) {
  const Rational big(Integer::pow2(Rational::kMaxBits - 1));
  EXPECT_TRUE(big.within_bounds());
  EXPECT_FALSE((big + big).within_bounds());
  EXPECT_FALSE(Rational::make(Integer::pow2(Rational::kMaxBits), 3));
}

}  // namespace
}  // namespace gvm::money
