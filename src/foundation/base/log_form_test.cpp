#include "base/log_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace gvm {
namespace {

using testing::HasSubstr;
using testing::Not;

Error failed_call() {
  Error error("STATUS_NOT_OK", Fatality::fatal, "the provider answered with status 400");
  error.add_cause("calling main");
  error.add_cause(std::string(kProviderSays) + "I do not like 'the prompt'");
  error.with("status", Value::integer(400)).with("body", Value::string("the prompt again"));
  return error.with("provider", Value::string("main"));
}

TEST(LogForm, HasTheReasonAndNothingThatRepeatsAPrompt) {
  const auto text = json::write(log_form(failed_call()));
  EXPECT_THAT(text, HasSubstr("STATUS_NOT_OK"));
  EXPECT_THAT(text, HasSubstr("calling main"));
  EXPECT_THAT(text, HasSubstr("\"status\":400"));
  EXPECT_THAT(text, Not(HasSubstr("the prompt")));
}

TEST(LogForm, KeepsOfAFieldThatNobodyListedNothing) {
  Error error("CODE", Fatality::user, "why");
  error.with("brand_new", Value::string("the prompt"));
  EXPECT_THAT(json::write(log_form(error)), Not(HasSubstr("the prompt")));
}

TEST(LogForm, OfAnAnswerThatIsNoUseHasTheCodeOnly) {
  const Error error("ANSWER_NOT_USABLE", Fatality::fatal, "expected a number, got \"the answer\"");
  EXPECT_THAT(json::write(log_form(error)), Not(HasSubstr("the answer")));
}

TEST(LogForm, CleansErrorsThatScriptsLogWhereverTheyStand) {
  Value record =
      Value::fields("list", Value::array({Value::fields("deep", failed_call().to_value())}), "own",
                    Value::string("the script's words"));
  to_log_form(record);
  const auto text = json::write(record);
  EXPECT_THAT(text, HasSubstr("STATUS_NOT_OK"));
  EXPECT_THAT(text, HasSubstr("the script's words"));
  EXPECT_THAT(text, Not(HasSubstr("the prompt")));
}

}  // namespace
}  // namespace gvm
