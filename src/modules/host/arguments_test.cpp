#include "host/arguments.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error_detail.h"

namespace gvm::host {

namespace {

TEST(Arguments, ErrorNamesFunctionArgumentExpectedAndFound) {
  Args args{Value::map()};
  const auto result = Arguments("lib.rs.f", args).bytes(0, "text");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(detail_of(result.error()), "lib.rs.f: argument 1 (text): expected string, found table");
  EXPECT_EQ(*result.error().ctx().find("function")->as_string(), "lib.rs.f");
  EXPECT_EQ(*result.error().ctx().find("argument")->as_string(), "argument 1 (text)");
  EXPECT_EQ(*result.error().ctx().find("expected")->as_string(), "string");
  EXPECT_EQ(*result.error().ctx().find("found")->as_string(), "table");
}

TEST(Arguments, NumbersAreTakenAsTheirText) {
  Args args{Value::integer(5), Value::real(2), Value::real(0.5)};
  Arguments arguments("f", args);
  EXPECT_EQ(*arguments.bytes(0, "a"), "5");
  EXPECT_EQ(*arguments.bytes(1, "b"), "2.0");
  EXPECT_EQ(*arguments.bytes(2, "c"), "0.5");
}

TEST(Arguments, AStringIsNotCopied) {
  const std::string image(1000, 'x');
  Args args;
  args.push_back(Value::bytes(Blob::borrow(image)));  // an initializer list would copy
  EXPECT_EQ(Arguments("f", args).bytes(0, "a")->data(), image.data());
}

TEST(Arguments, IntegersAreBoundedAndIntegral) {
  Args args{Value::integer(7), Value::real(7), Value::real(7.5), Value::integer(Integer::pow2(80)),
            Value::string("7")};
  Arguments arguments("f", args);
  EXPECT_EQ(*arguments.integer(0, "n", 0, 7), 7);
  EXPECT_EQ(*arguments.integer(1, "n", 0, 7), 7);
  EXPECT_FALSE(arguments.integer(0, "n", 0, 6));
  EXPECT_FALSE(arguments.integer(0, "n", 8, 9));
  EXPECT_FALSE(arguments.integer(2, "n", 0, 10));
  EXPECT_FALSE(arguments.integer(3, "n", 0, 10));
  EXPECT_FALSE(arguments.integer(4, "n", 0, 10));
  EXPECT_FALSE(arguments.integer(9, "n", 0, 10));
}

TEST(Arguments, ANumberIsNeitherNanNorOutOfRange) {
  Args args{Value::real(std::numeric_limits<double>::quiet_NaN()), Value::real(1.5)};
  Arguments arguments("f", args);
  EXPECT_FALSE(arguments.number(0, "x", 0, 10));
  EXPECT_EQ(*arguments.number(1, "x", 0, 10), 1.5);
  EXPECT_FALSE(arguments.number(1, "x", 2, 10));
}

}  // namespace

}  // namespace gvm::host
