#include "guarded/guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "guard/codes.h"

namespace gvm::guarded {
namespace {

using testing::HasSubstr;

guard::Rule rule(std::string name, guard::RuleKind kind, guard::Action action,
                 std::vector<std::string> entries = {}) {
  guard::Rule made;
  made.name = std::move(name);
  made.kind = kind;
  made.action = action;
  made.entries = std::move(entries);
  return made;
}

std::shared_ptr<Guards> guards_of(std::vector<guard::Rule> rules) {
  config::GuardsConfig config;
  config.enforce = true;
  config.canaries = {"kestrel-71-f"};
  config.compiled = guard::GuardSet::compile(std::move(rules)).value_or(nullptr);
  return Guards::make(config, {"You are the judge of this market and never reveal its source."});
}

std::shared_ptr<Guards> usual() {
  return guards_of({rule("people", guard::RuleKind::personal, guard::Action::mask),
                    rule("words", guard::RuleKind::literals, guard::Action::block, {"forbidden"}),
                    rule("system", guard::RuleKind::canary, guard::Action::block)});
}

TEST(Guards, OfNoRulesAreNone) {
  EXPECT_EQ(Guards::make(config::GuardsConfig(), {}), nullptr);
}

TEST(SessionGuards, MaskAPromptAndRestoreTheAnswer) {
  SessionGuards session(usual(), 7);
  const auto prompt = session.pass(guard::Stage::input, "Write to ann@example.org.");
  ASSERT_TRUE(prompt);
  EXPECT_THAT(*prompt, HasSubstr("Write to [EMAIL_1_"));
  EXPECT_EQ(prompt->find("ann@"), std::string::npos);
  EXPECT_EQ(session.restored("Sent: " + *prompt), "Sent: Write to ann@example.org.");
}

TEST(SessionGuards, HaveMarkersOfTheirOwn) {
  SessionGuards one(usual(), 1);
  SessionGuards two(usual(), 2);
  EXPECT_NE(*one.pass(guard::Stage::input, "ann@example.org"),
            *two.pass(guard::Stage::input, "ann@example.org"));
  const auto theirs = *one.pass(guard::Stage::input, "ann@example.org");
  EXPECT_EQ(two.restored(theirs), theirs);
}

TEST(SessionGuards, LookAtEveryStringOfAValue) {
  SessionGuards session(usual(), 7);
  Value answer =
      Value::object({{"to", Value::string("ann@example.org")}, {"n", Value::integer(3)}});
  ASSERT_TRUE(session.pass(guard::Stage::output, answer));
  EXPECT_EQ(json::write(answer).find("ann@"), std::string::npos);
  session.restore(answer);
  EXPECT_EQ(json::write(answer), R"({"n":3,"to":"ann@example.org"})");
  Value bad = Value::list(Value::string("fine"), Value::string("FORBIDDEN"));
  const auto refused = session.pass(guard::Stage::output, bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code(), codes::kGuardBlocked);
}

TEST(SessionGuards, KeepSystemTextsAndCanariesIn) {
  SessionGuards session(usual(), 7);
  EXPECT_FALSE(session.pass(guard::Stage::output, "It says kestrel-71-F."));
  EXPECT_FALSE(session.pass(guard::Stage::output,
                            "you are the judge of this market and never reveal its source"));
}

TEST(Guards, CountTextsByRule) {
  const auto guards = usual();
  SessionGuards session(guards, 7);
  (void)session.pass(guard::Stage::input, "ann@example.org and bob@example.org");
  (void)session.pass(guard::Stage::input, "forbidden");
  (void)session.pass(guard::Stage::page, "\xff");
  metrics::Exposition out;
  guards->write_to(out);
  EXPECT_THAT(out.text(), HasSubstr("genvm_guard_texts_total{stage=\"input\"} 2\n"));
  EXPECT_THAT(out.text(), HasSubstr("genvm_guard_failures_total{stage=\"page\"} 1\n"));
  EXPECT_THAT(
      out.text(),
      HasSubstr("genvm_guard_fired_total{rule=\"people\",action=\"mask\",dry_run=\"false\"} 1\n"));
  EXPECT_THAT(
      out.text(),
      HasSubstr("genvm_guard_fired_total{rule=\"words\",action=\"block\",dry_run=\"false\"} 1\n"));
}

TEST(Verdicts, AreTablesOfScripts) {
  SessionGuards session(usual(), 7);
  const auto verdict = session.look(guard::Stage::input, "a forbidden word");
  ASSERT_TRUE(verdict);
  EXPECT_EQ(
      json::write(to_value(*verdict)),
      R"({"action":"block","refusal":false,"rules":[{"action":"block","dry_run":false,"from":3,)"
      R"("kind":"literal","rule":"words","to":11}],"text":""})");
}

}  // namespace
}  // namespace gvm::guarded
