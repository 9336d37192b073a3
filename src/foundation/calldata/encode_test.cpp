#include "calldata/encode.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "calldata/decode.h"

namespace gvm::calldata {
namespace {

std::string hex(const Value& value) {
  return hex_encode(encode(value).value());
}

Value nested(std::size_t arrays) {
  Value value;
  for (std::size_t i = 0; i < arrays; ++i) {
    Value::Array items;
    items.push_back(std::move(value));
    value = Value::array(std::move(items));
  }
  return value;
}

TEST(Encode, WritesTheShortestForms) {
  EXPECT_EQ(hex(Value::null()), "00");
  EXPECT_EQ(hex(Value::boolean(true)), "10");
  EXPECT_EQ(hex(Value::integer(15)), "79");
  EXPECT_EQ(hex(Value::integer(16)), "8101");
  EXPECT_EQ(hex(Value::integer(-16)), "7a");
  EXPECT_EQ(hex(Value::integer(-17)), "8201");
  EXPECT_EQ(hex(Value::bytes(std::string(15, 'a'))), "7b" + hex_encode(std::string(15, 'a')));
  EXPECT_EQ(hex(Value::string(std::string(16, 'a'))), "8401" + hex_encode(std::string(16, 'a')));
  EXPECT_EQ(hex(Value::address({0xff})), "18ff" + std::string(38, '0'));
  EXPECT_EQ(hex(Value::object({{"b", Value::map()}, {"a", Value::array()}})),
            "16"
            "016105"
            "016206");
}

TEST(Encode, WritesIntegersAtTheEdgesOf64Bits) {
  EXPECT_EQ(hex(Value::integer(std::numeric_limits<std::int64_t>::max())), "f9ffffffffffffffff07");
  EXPECT_EQ(hex(Value::integer(std::numeric_limits<std::int64_t>::min())), "faffffffffffffffff07");
  EXPECT_EQ(hex(Value::integer(Integer::pow2(63))), "81808080808080808008");
  EXPECT_EQ(hex(Value::integer(Integer::parse("-9223372036854775809").value())),
            "82808080808080808008");
  EXPECT_EQ(hex(Value::integer(Integer::pow2(64))), "81808080808080808010");
  EXPECT_EQ(hex(Value::integer(Integer::parse("-18446744073709551616").value())),
            "faffffffffffffffff0f");
  EXPECT_EQ(hex(Value::integer(Integer::pow2(67))), "8180808080808080808001");
}

TEST(Encode, RoundTripsPowersOfTwoAndTheirNeighbours) {
  for (unsigned exponent = 0; exponent < 700; ++exponent) {
    std::vector<std::uint64_t> ones(exponent / 64 + 1, ~std::uint64_t{0});
    ones.back() = (std::uint64_t{1} << exponent % 64) - 1;
    for (const auto& integer : {Integer::pow2(exponent), Integer::from_limbs(ones, false),
                                Integer::from_limbs(ones, true)}) {
      const std::string frame = encode(Value::integer(integer)).value();
      ASSERT_EQ(*decode(frame)->as_integer(), integer) << integer.to_string();
    }
  }
}

TEST(Encode, CarriesRealsWithoutLosingTheirValue) {
  EXPECT_EQ(encode(Value::real(3.0)), encode(Value::integer(3)));
  EXPECT_EQ(encode(Value::real(-0.0)), encode(Value::integer(0)));
  EXPECT_EQ(encode(Value::real(1e22)),
            encode(Value::integer(Integer::parse("10000000000000000000000").value())));
  EXPECT_EQ(encode(Value::real(0.1)), encode(Value::string("0.1")));
  EXPECT_EQ(encode(Value::real(0.30000000000000004)), encode(Value::string("0.30000000000000004")));
  EXPECT_EQ(encode(Value::real(-1.5e-300)), encode(Value::string("-1.5e-300")));
}

TEST(Encode, RefusesWhatCalldataCannotSay) {
  for (const Value& value :
       {Value::real(std::nan("")), Value::real(INFINITY), Value::string("\xff"),
        Value::array({Value::object({{"\xed\xa0\x80", Value::null()}})})}) {
    std::string out = "kept";
    const auto done = encode_to(out, value);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), codes::kMalformedCalldata);
    EXPECT_EQ(out, "kept");
  }
}

TEST(Encode, BoundsNesting) {
  EXPECT_TRUE(encode(nested(kMaxDepth)));
  EXPECT_EQ(encode(nested(kMaxDepth + 1)).error().code(), codes::kTooDeep);
}

TEST(Encode, Appends) {
  std::string out = "head";
  ASSERT_TRUE(encode_to(out, Value::string("ab")));
  EXPECT_EQ(out,
            "head\x14"
            "ab");
}

}  // namespace
}  // namespace gvm::calldata
