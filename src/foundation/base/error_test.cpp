#include "base/error.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace gvm {
namespace {

TEST(Error, HasItsCodeAsTheOnlyCauseAndTellsTheRestInDetail) {
  const Error error = Error("READING_BODY", Fatality::fatal, "cut off")
                          .add_cause("timeout")
                          .with("url", Value::string("u"));
  EXPECT_EQ(error.code(), "READING_BODY");
  EXPECT_TRUE(error.fatal());
  EXPECT_EQ(error.to_string(), "READING_BODY: cut off: timeout");
  EXPECT_EQ(
      json::write(error.to_value()),
      R"({"causes":["READING_BODY"],"ctx":{"detail":"cut off: timeout","url":"u"},"fatal":true})");
}

TEST(Error, NeedsACauseAndAMap) {
  EXPECT_THROW(Error({}, Fatality::user, Value::map()), std::invalid_argument);
  EXPECT_THROW(Error({"A"}, Fatality::user, Value::null()), std::invalid_argument);
}

TEST(Error, RewritesEveryString) {
  Error error({"CODE", "x"}, Fatality::user,
              Value::object({{"key x", Value::array({Value::string("x"), Value::integer(1)})},
                             {"body", Value::bytes(std::string("x"))}}));
  error.rewrite_strings([](std::string_view text) {
    std::string out(text);
    for (auto& c : out) c = c == 'x' ? '_' : c;
    return out;
  });
  EXPECT_EQ(error.to_string(), "CODE: _");
  EXPECT_EQ(error.ctx(),
            Value::object({{"key _", Value::array({Value::string("_"), Value::integer(1)})},
                           {"body", Value::bytes(std::string("_"))}}));
}

TEST(Error, ChangesItsFatality) {
  Error error("CODE", Fatality::fatal);
  EXPECT_FALSE(error.set_fatality(Fatality::user).fatal());
  EXPECT_NE(error, Error("CODE", Fatality::fatal));
}

}  // namespace
}  // namespace gvm
