// The module meets every fault of tests/data/faults/faults.json: the documented error comes in
// time; a contract never gets a part of an answer, or the answer to another prompt; and the bill
// equals what the upstream produced.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "text/json_view.h"
#include "wall/world.h"

namespace gvm::wall {
namespace {

using mock::Expected;
using mock::ScriptedFault;
using mock::Transport;

// For answers that must be read completely, for example 18 MiB.
constexpr std::chrono::milliseconds kLongest = 10s * e2e::kSlowness;

bool is_one_of(std::string_view choices, std::string_view found) {
  return fmt::format("|{}|", choices).find(fmt::format("|{}|", found)) != std::string::npos;
}

std::string_view word_at(const e2e::Reply& reply, std::string_view pointer) {
  return text::string_at(reply.ctx, pointer).value_or(std::string_view());
}

// Empty when the error is the expected one.
std::string mismatch(const e2e::Reply& reply, const Expected& expected) {
  if (reply.kind != "FatalError") return "no error";
  if (!is_one_of(expected.code, reply.causes.front())) return "another code";
  if (!expected.kind.empty() && !is_one_of(expected.kind, word_at(reply, "/kind")))
    return "another kind";
  if (!expected.tls.empty() && !is_one_of(expected.tls, word_at(reply, "/tls")))
    return "another fault of TLS";
  if (!expected.timeout.empty() && !is_one_of(expected.timeout, word_at(reply, "/timeout")))
    return "another timeout";
  if (expected.status != 0 && text::integer_at(reply.ctx, "/status") != expected.status)
    return "another status";
  return {};
}

// The longest time of a call that times out.
std::chrono::milliseconds time_for(const Expected& expected) {
  if (expected.timeout.empty()) return kLongest;
  return (is_one_of(expected.timeout, "total") ? kImpatient : kSilence) + kLate;
}

class Wall : public ::testing::Test {
 protected:
  e2e::Reply ask(const Question& question, std::string* text, std::string_view marker = "") {
    *text = World::text_for(question, marker);
    return genvm_.ask(e2e::prompt(*text));
  }

  void expect_answer(const Question& question, const ScriptedFault& fault) {
    std::string text;
    const auto reply = ask(question, &text);
    ASSERT_TRUE(reply.ok()) << describe(question, fault) << reply.shown;
    if (!fault.fault.words && fault.fault.content == mock::Content::words) {
      EXPECT_EQ(reply.text(), World::whole_answer(question, text)) << describe(question, fault);
    }
  }

  void expect_error(const Question& question, const ScriptedFault& fault,
                    const Expected& expected) {
    std::string text;
    const auto began = Clock::now();
    const auto reply = ask(question, &text);
    const auto spent = Clock::now() - began;
    EXPECT_EQ(mismatch(reply, expected), "") << describe(question, fault) << reply.shown;
    EXPECT_LT(spent, time_for(expected)) << describe(question, fault);
    EXPECT_EQ(reply.shown.find("some-key"), std::string::npos) << describe(question, fault);
  }

  // Cold: on a new connection, so that nothing is sent twice.
  void try_out(const ScriptedFault& fault, Question question) {
    const Expected& expected = fault.today ? *fault.today : fault.expected;
    if (is_one_of(expected.timeout, "total")) question.total = Total::impatient;
    auto& upstream = world_.upstream(question.transport);
    world_.calm();
    upstream.reset();
    upstream.set_fault(fault.fault);
    const int calls = expected.ok ? 2 : 1;
    for (int i = 0; i < calls; ++i) {
      expected.ok ? expect_answer(question, fault) : expect_error(question, fault, expected);
    }
    const auto bill = upstream.bill();
    EXPECT_EQ(bill.calls, fault.fault.produces_answer() ? calls : 0) << describe(question, fault);
    world_.calm();
    ScriptedFault none;
    none.name = "calm after " + fault.name;
    expect_answer(question, none);
  }

  void try_out_all(const std::function<bool(const ScriptedFault&)>& wanted) {
    int count = 0;
    for (const auto& fault : mock::catalogue()) {
      if (!wanted(fault)) continue;
      ++count;
      const bool tls_only = fault.fault.tls != mock::TlsFault::none;
      for (const auto form : fault.forms) {
        for (const auto& format : fault.formats) {
          if (!tls_only) try_out(fault, {form, Transport::plain, format});
          if (tls_only || fault.over_tls) try_out(fault, {form, Transport::tls, format});
        }
      }
    }
    EXPECT_GT(count, 0);
  }

  static std::string describe(const Question& question, const ScriptedFault& fault) {
    return fmt::format("{} ({}, {}, {}): ", fault.name, form_name(question.form), question.format,
                       question.transport == Transport::tls ? "TLS" : "plain");
  }

  World world_;
  e2e::GenVm genvm_{world_.port()};
};

bool strikes_or_floods(const mock::Fault& fault) {
  return fault.strike != mock::Strike::none || fault.slow_from ||
         fault.endless != mock::Endless::no;
}

TEST_F(Wall, FaultsAtTheConnectionAreTypedErrors) {
  try_out_all([](const ScriptedFault& f) { return f.fault.at_connection(); });
}

TEST_F(Wall, FaultsOfDeliveryAreTypedErrorsInTime) {
  try_out_all([](const ScriptedFault& f) {
    return !f.fault.at_connection() && strikes_or_floods(f.fault);
  });
}

TEST_F(Wall, StatusesAreTypedErrors) {
  try_out_all([](const ScriptedFault& f) {
    return !f.fault.at_connection() && !strikes_or_floods(f.fault) && f.fault.status != 200;
  });
}

TEST_F(Wall, WhatIsSaidIsReadWholeOrIsATypedError) {
  try_out_all([](const ScriptedFault& f) {
    return !f.fault.at_connection() && !strikes_or_floods(f.fault) && f.fault.status == 200;
  });
}

// A pooled connection that closes without a byte of an answer is replaced, and the prompt is sent
// again. The upstream may have produced, and billed, the answer twice.
TEST_F(Wall, APromptSentAgainOnAFreshConnectionIsBilledTwice) {
  auto& upstream = world_.upstream(Transport::plain);
  world_.calm();
  const ScriptedFault* fault = mock::find_fault("cut_after_answer");
  ASSERT_NE(fault, nullptr);
  ScriptedFault none;
  none.name = "warming up";
  expect_answer({}, none);
  upstream.reset();
  upstream.set_fault(fault->fault);
  expect_error({}, *fault, fault->expected);
  EXPECT_EQ(upstream.stats().calls, 2u);
  EXPECT_EQ(upstream.bill().calls, 2u);
}

}  // namespace
}  // namespace gvm::wall
