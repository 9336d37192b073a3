#include "envelope/reply.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error_codes.h"
#include "calldata/decode.h"

namespace gvm::envelope {
namespace {

Value message(const std::string& frame) {
  return calldata::decode(frame).value().to_owned();
}

TEST(Reply, WrapsAnAnswer) {
  EXPECT_EQ(message(encode_ok(Value::integer(1), Generation::b)),
            Value::object({{"Ok", Value::integer(1)}}));
}

TEST(Reply, AnAnswerThatCannotBeSentIsAFatalError) {
  EXPECT_EQ(try_encode_ok(Value::string("\xff")).error().code(), codes::kMalformedCalldata);
  const Value reply = message(encode_ok(Value::real(NAN), Generation::c));
  ASSERT_NE(reply.find("FatalError"), nullptr);
  EXPECT_TRUE(
      reply.find("FatalError")->as_string()->starts_with(R"({"causes":["MALFORMED_CALLDATA"],)"));
}

TEST(Reply, AUserErrorHasOneCauseAndTheFactsInItsContext) {
  const Error error =
      Error("ABSENT_HEADER", Fatality::user, "no date").with("name", Value::string("date"));
  EXPECT_EQ(message(encode_error(error, Generation::a)),
            Value::object(
                {{"UserError",
                  Value::object({{"causes", Value::array({Value::string("ABSENT_HEADER")})},
                                 {"ctx", Value::object({{"detail", Value::string("no date")},
                                                        {"name", Value::string("date")}})}})}}));
}

TEST(Reply, AScriptsOwnCausesPassAsTheyAre) {
  const Error error({"MINE", "why"}, Fatality::user, Value::map());
  const Value reply = message(encode_error(error, Generation::b));
  EXPECT_EQ(*reply.find("UserError")->find("causes"),
            Value::array({Value::string("MINE"), Value::string("why")}));
}

std::string fatal_text(const Error& error, Generation generation) {
  return std::string(
      message(encode_error(error, generation)).find("FatalError")->as_string().value());
}

TEST(Reply, AFatalErrorIsOneLineOfJsonForGenerationC) {
  const Error error =
      Error("STATUS_NOT_OK", Fatality::fatal, "a\nb").with("status", Value::integer(500));
  EXPECT_EQ(fatal_text(error, Generation::c),
            R"({"causes":["STATUS_NOT_OK"],"fatal":true,"ctx":{"detail":"a\nb","status":500}})");
}

TEST(Reply, AFatalErrorIsTheDebugFormForGenerationsAAndB) {
  const Error error =
      Error("STATUS_NOT_OK", Fatality::fatal, "a\nb").with("status", Value::integer(500));
  for (const auto generation : {Generation::a, Generation::b}) {
    EXPECT_EQ(fatal_text(error, generation),
              R"(ModuleError { causes: ["STATUS_NOT_OK"], fatal: true, )"
              R"(ctx: {"detail": Str("a\nb"), "status": Number(500.0)} })");
  }
}

TEST(Reply, AnyErrorCanBeSent) {
  Value deep;
  for (std::size_t i = 0; i < kMaxDepth; ++i) deep = Value::array({deep});
  for (const auto fatality : {Fatality::user, Fatality::fatal}) {
    const Error error =
        Error("CODE", fatality, "bad \xff text")
            .with("nan", Value::real(NAN))
            .with("half", Value::real(0.5))
            .with("k\xff",
                  Value::array({Value::string("\xed\xa0\x80"), Value::bytes(std::string("\xff"))}))
            .with("deep", deep);
    const Value reply = message(encode_error(error, Generation::a));
    if (const Value* body = reply.find("UserError")) {
      EXPECT_EQ(*body->find("ctx")->find("detail")->as_string(), "bad \xEF\xBF\xBD text");
      EXPECT_TRUE(body->find("ctx")->find("nan")->is_null());
      EXPECT_EQ(*body->find("ctx")->find("half"), Value::string("0.5"));
      EXPECT_EQ(body->find("ctx")->find("k\xEF\xBF\xBD")->as_array()->at(1).as_bytes(), "\xff");
    } else {
      EXPECT_NE(reply.find("FatalError"), nullptr);
    }
  }
}

TEST(Reply, AnExhaustedBudgetConsumesEverything) {
  const Value answer = answer_value(LlmAnswer::exhausted(), Generation::a);
  EXPECT_EQ(*answer.find("data"), Value::string(""));
  EXPECT_EQ(answer.find("consumed_gen")->as_integer()->to_string(),
            "115792089237316195423570985008687907853269984665640564039457584007913129639935");
}

TEST(Reply, OnlyGenerationCGetsMapsAsJsonText) {
  const Value map = Value::object(
      {{"b", Value::real(0.1)}, {"a", Value::array({Value::null(), Value::real(2.0)})}});
  const auto data = [](Value value, Generation generation) {
    return *answer_value({std::move(value), 3}, generation).find("data");
  };
  EXPECT_EQ(data(map, Generation::a), map);
  EXPECT_EQ(data(map, Generation::b), map);
  EXPECT_EQ(data(map, Generation::c), Value::string(R"({"a":[null,2],"b":0.1})"));
  EXPECT_EQ(data(Value::boolean(true), Generation::c), Value::boolean(true));
  EXPECT_EQ(data(Value::string("x"), Generation::c), Value::string("x"));
}

}  // namespace
}  // namespace gvm::envelope
