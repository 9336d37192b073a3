#include "calldata/decode.h"

#include <gmock/gmock.h>

#include <chrono>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/error_detail.h"
#include "calldata/encode.h"
#include "support/random_value.h"

namespace gvm::calldata {
namespace {

using testing::HasSubstr;

// The value of a frame written as hex with spaces.
Result<Value> decode_hex(std::string_view hex, const Limits& limits = {}) {
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
  }
  const std::string frame = hex_decode(digits).value();
  auto value = decode(frame, limits);
  if (!value) return value;
  return std::move(*value).to_owned();
}

std::string repeated(std::string_view unit, std::size_t count) {
  std::string text;
  text.reserve(unit.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

TEST(Decode, ReadsEveryType) {
  EXPECT_EQ(decode_hex("00"), Value::null());
  EXPECT_EQ(decode_hex("08"), Value::boolean(false));
  EXPECT_EQ(decode_hex("10"), Value::boolean(true));
  EXPECT_EQ(
      decode_hex("18 0102030405060708090a0b0c0d0e0f1011121314"),
      Value::address({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}));
  EXPECT_EQ(decode_hex("01"), Value::integer(0));
  EXPECT_EQ(decode_hex("79"), Value::integer(15));
  EXPECT_EQ(decode_hex("8101"), Value::integer(16));
  EXPECT_EQ(decode_hex("02"), Value::integer(-1));
  EXPECT_EQ(decode_hex("8201"), Value::integer(-17));
  EXPECT_EQ(decode_hex("13 ff00"), Value::bytes(std::string("\xff\x00", 2)));
  EXPECT_EQ(decode_hex("14 c3a9"), Value::string("\xc3\xa9"));
  EXPECT_EQ(decode_hex("05"), Value::array());
  EXPECT_EQ(decode_hex("15 00 10"), Value::array({Value::null(), Value::boolean(true)}));
  EXPECT_EQ(decode_hex("06"), Value::map());
  EXPECT_EQ(decode_hex("16 00 00 0161 09"),
            Value::object({{"", Value::null()}, {"a", Value::integer(1)}}));
}

struct Malformed {
  const char* what;
  const char* hex;
  std::size_t offset;
  const char* detail;
};

class DecodeRefuses : public testing::TestWithParam<Malformed> {};

TEST_P(DecodeRefuses, WithTheOffsetOfTheFault) {
  const auto value = decode_hex(GetParam().hex);
  ASSERT_FALSE(value) << GetParam().what;
  EXPECT_EQ(value.error().code(), codes::kMalformedCalldata);
  EXPECT_TRUE(value.error().fatal());
  EXPECT_EQ(*value.error().ctx().find("offset")->as_integer(), Integer::from_u64(GetParam().offset))
      << GetParam().what;
  EXPECT_THAT(detail_of(value.error()), HasSubstr(GetParam().detail)) << GetParam().what;
}

const Malformed kMalformed[] = {
    {"nothing", "", 0, "a value is missing"},
    {"a byte after the value", "00 00", 1, "1 bytes after the value"},
    {"a value after an array", "0d 00 01", 2, "after the value"},
    {"zero in two bytes", "81 00", 0, "shortest form"},
    {"sixteen in three bytes", "81 81 00", 0, "shortest form"},
    {"a long integer with a zero group", "81 80 80 80 80 80 80 80 80 80 80 00", 0, "shortest form"},
    {"null in two bytes", "80 00", 0, "shortest form"},
    {"a length in two bytes", "8c 00 61", 0, "shortest form"},
    {"a key length in two bytes", "0e 81 00 61 00", 1, "shortest form"},
    {"an integer cut off", "81", 0, "cut off"},
    {"an integer cut off later", "15 00 81 80", 2, "cut off"},
    {"a key length cut off", "0e 80 80", 1, "cut off"},
    {"reserved type", "07", 0, "reserved"},
    {"reserved type with payload", "0d ff 01", 1, "reserved"},
    {"atom 4", "20", 0, "no atom 4"},
    {"atom 15", "78", 0, "no atom 15"},
    {"atom 16", "80 01", 0, "no atom 16"},
    {"atom over 64 bits", "80 80 80 80 80 80 80 80 80 80 01", 0, "over 64 bits"},
    {"a short address", "18 01020304050607080910111213141516171819", 0, "20 bytes"},
    {"bytes cut off", "1b 61 62", 0, "3 bytes announced where 2 bytes remain"},
    {"a string cut off", "1c 61 62", 0, "3 bytes announced"},
    {"a key cut off", "0e 05 61", 1, "5 bytes announced"},
    {"array elements missing", "15 00", 0, "2 elements announced where 1 bytes remain"},
    {"a nested element missing", "15 0d", 0, "2 elements announced"},
    {"a map value missing", "0e 01 61", 3, "a value is missing"},
    {"a map of too many pairs for its bytes", "1e 01 61 00 00 00", 0, "3 elements announced"},
    {"1 GiB of bytes announced", "83 80 80 80 40 00", 0, "bytes announced where 1 bytes remain"},
    {"1 GiB of text announced", "84 80 80 80 40", 0, "bytes announced"},
    {"2^30 elements announced", "85 80 80 80 40 00 00", 0, "elements announced"},
    {"2^30 pairs announced", "86 80 80 80 40 00 00", 0, "elements announced"},
    {"2^63 elements announced", "85 80 80 80 80 80 80 80 80 08 00", 0, "elements announced"},
    {"2^64 - 1 bytes announced", "fb ff ff ff ff ff ff ff ff 0f", 0,
     "18446744073709551615 bytes announced"},
    {"2^64 bytes announced", "83 80 80 80 80 80 80 80 80 10", 0, "over 64 bits"},
    {"a key of 2^64 - 1 bytes", "0e ff ff ff ff ff ff ff ff ff 01", 1,
     "18446744073709551615 bytes announced"},
    {"a key of 2^64 bytes", "0e 80 80 80 80 80 80 80 80 80 02", 1, "over 64 bits"},
    {"a key twice", "16 01 61 00 01 61 00", 4, "twice"},
    {"the empty key twice", "16 00 00 00 00", 3, "twice"},
    {"keys out of order", "16 01 62 00 01 61 00", 4, "not in order"},
    {"a prefix after the longer key", "16 02 6161 00 01 61 00", 5, "not in order"},
    {"signed comparison of keys", "16 02 c3a9 00 01 61 00", 5, "not in order"},
    {"the third key out of order", "1e 01 61 00 01 63 00 01 62 00", 7, "not in order"},
    {"overlong slash", "14 c0af", 0, "UTF-8"},
    {"overlong of three bytes", "1c e0809f", 0, "UTF-8"},
    {"a high surrogate", "1c eda080", 0, "UTF-8"},
    {"a low surrogate", "1c edbfbf", 0, "UTF-8"},
    {"above U+10FFFF", "24 f4908080", 0, "UTF-8"},
    {"a lone continuation", "0c 80", 0, "UTF-8"},
    {"a character cut by the length", "14 e282 ac", 0, "UTF-8"},
    {"a key that is no UTF-8", "0e 01 ff 00", 1, "UTF-8"},
};

INSTANTIATE_TEST_SUITE_P(Malformed, DecodeRefuses, testing::ValuesIn(kMalformed));

TEST(Decode, RefusesEveryTruncationOfAValue) {
  test::RandomValue random(11);
  for (int round = 0; round < 100; ++round) {
    const std::string frame = encode(random.next()).value();
    const std::size_t step = 1 + frame.size() / 100;
    for (std::size_t size = 0; size < frame.size(); size += step) {
      // A copy of the exact size, so that the sanitizer sees a read beyond it.
      const std::string cut(frame, 0, size);
      const auto value = decode(cut);
      ASSERT_FALSE(value);
      ASSERT_EQ(value.error().code(), codes::kMalformedCalldata);
    }
  }
}

TEST(Decode, WhateverItAcceptsEncodesToTheSameBytes) {
  std::mt19937_64 random(5);
  test::RandomValue values(6);
  int accepted = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string frame = encode(values.next()).value();
    if (frame.size() > 4096) continue;
    for (std::size_t flips = random() % 3; flips > 0; --flips) {
      frame[random() % frame.size()] = static_cast<char>(random());
    }
    const auto value = decode(frame);
    if (!value) continue;
    ++accepted;
    ASSERT_EQ(encode(*value), frame);
  }
  EXPECT_GT(accepted, 2500);
}

TEST(Decode, GivesBackWhatWasEncoded) {
  test::RandomValue random(1);
  for (int round = 0; round < 5000; ++round) {
    const Value value = random.next();
    const std::string frame = encode(value).value();
    const auto decoded = decode(frame);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    ASSERT_EQ(*decoded, value);
  }
}

TEST(Decode, BorrowsFromTheFrame) {
  const std::string frame =
      encode(Value::object({{"image", Value::bytes(std::string(100, 'x'))}})).value();
  const auto value = decode(frame);
  const auto* begin = value->find("image")->as_bytes()->data();
  EXPECT_GE(begin, frame.data());
  EXPECT_LT(begin, frame.data() + frame.size());
}

TEST(Decode, BoundsNesting) {
  const auto nested = [](std::size_t arrays) {
    return repeated("\x0d", arrays) + std::string(1, '\0');
  };
  EXPECT_TRUE(decode(nested(kMaxDepth)));
  for (const std::size_t arrays : {kMaxDepth + 1, std::size_t{100'000}}) {
    const auto value = decode(nested(arrays));
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code(), codes::kTooDeep);
    EXPECT_EQ(*value.error().ctx().find("offset")->as_integer(), Integer::from_u64(kMaxDepth));
  }
  const auto maps = decode(repeated(std::string("\x0e\0", 2), 100'000) + std::string(1, '\0'));
  EXPECT_EQ(maps.error().code(), codes::kTooDeep);
  EXPECT_TRUE(decode(nested(3), {.max_depth = 3}));
  EXPECT_EQ(decode(nested(4), {.max_depth = 3}).error().code(), codes::kTooDeep);
  EXPECT_EQ(decode(nested(200), {.max_depth = 1000}).error().code(), codes::kTooDeep);
}

TEST(Decode, BoundsBytesAndValues) {
  EXPECT_TRUE(decode_hex("13 0000", {.max_bytes = 3}));
  EXPECT_EQ(decode_hex("13 0000", {.max_bytes = 2}).error().code(), codes::kTooLarge);
  EXPECT_TRUE(decode_hex("15 15 00 00 0d 00", {.max_values = 5}));
  EXPECT_EQ(decode_hex("15 15 00 00 0d 00", {.max_values = 4}).error().code(), codes::kTooLarge);
}

TEST(Decode, NestedAnnouncementsCannotAddUp) {
  // A hundred arrays, each of which announces a million elements: every count is below the bytes
  // that remain.
  const std::string frame =
      repeated(std::string("\x85\xa4\xe8\x03"), 100) + std::string(2'000'000, '\0');
  EXPECT_EQ(decode(frame).error().code(), codes::kTooLarge);
}

TEST(Decode, CarriesAnIntegerOfTenThousandDigits) {
  std::string digits(10'000, '7');
  for (const auto& text :
       {digits, "-" + digits, "1" + std::string(9'999, '0'), "-1" + std::string(9'999, '0')}) {
    const Value value = Value::integer(Integer::parse(text).value());
    const std::string frame = encode(value).value();
    const auto decoded = decode(frame);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->as_integer()->to_string(), text);
  }
}

TEST(Decode, BoundsIntegers) {
  const Limits limits{.max_integer_bytes = 10};
  EXPECT_TRUE(decode_hex("81 80 80 80 80 80 80 80 80 01", limits));
  EXPECT_EQ(decode_hex("81 80 80 80 80 80 80 80 80 80 01", limits).error().code(),
            codes::kTooLarge);
  const std::string endless(8 * kMiB, '\x81');
  EXPECT_EQ(decode(endless).error().code(), codes::kTooLarge);
}

TEST(Decode, StaysLinearOnManyLargeIntegers) {
  constexpr std::size_t kIntegers = 200;
  Value::Array items(kIntegers, Value::integer(Integer::pow2(400'000)));  // 57,000 bytes each
  const std::string frame = encode(Value::array(std::move(items))).value();
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(decode(frame));
  // 11 MiB; an algorithm that is quadratic in the digits takes minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace gvm::calldata
