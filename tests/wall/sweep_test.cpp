// An answer whose delivery breaks at any byte, by a close, a reset or silence, is never delivered,
// not even when nearly all of it has arrived.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/mock_upstream/answer.h"
#include "support/mock_upstream/plan.h"
#include "wall/world.h"

namespace gvm::wall {
namespace {

using mock::Part;
using mock::Strike;
using mock::Transport;

struct Break {
  Strike strike;
  Part part;
  std::size_t byte;
};

// The approximate number of bytes in each part of an answer: prompts differ by a few.
mock::Wire usual_answer(const Question& question) {
  mock::Call call;
  call.form = question.form;
  call.model = "m";
  call.text = World::text_for(question, "session=b100");
  const std::string words = mock::words_for(call, "Ann");
  mock::PlainReply reply;
  const auto usage = mock::usage_for(call, words);
  reply.body = mock::answer_body({.call = &call, .words = words, .usage = usage, .id = "mock-100"});
  reply.id = "mock-100";
  return mock::compose({}, reply, std::chrono::system_clock::now());
}

std::vector<Break> breaks_of(const Question& question, Strike strike, std::size_t step) {
  const mock::Wire wire = usual_answer(question);
  std::vector<Break> out;
  const auto add = [&](Part part, std::size_t size) {
    for (std::size_t byte = 0; byte < size; byte += step) out.push_back({strike, part, byte});
  };
  add(Part::status_line, wire.status_line.size());
  add(Part::headers, wire.headers.size());
  // The last positions may be beyond the end of an answer that is a few bytes shorter.
  constexpr std::size_t kSlack = 12;
  add(Part::body, wire.body.size() - kSlack);
  return out;
}

std::vector<mock::Rule> rules_of(const std::vector<Break>& breaks) {
  std::vector<mock::Rule> rules;
  for (std::size_t i = 0; i < breaks.size(); ++i) {
    mock::Rule rule;
    rule.when.session = fmt::format("b{}", i);
    rule.fault.strike = breaks[i].strike;
    rule.fault.at.part = breaks[i].part;
    rule.fault.at.byte = breaks[i].byte;
    rules.push_back(std::move(rule));
  }
  return rules;
}

// Sends one prompt for each break, over several sessions at a time.
void expect_no_answer(World& world, const Question& question, const std::vector<Break>& breaks,
                      int sessions) {
  world.upstream(question.transport).set_rules(rules_of(breaks));
  std::atomic<std::size_t> next = 0;
  const auto ask_on = [&] {
    e2e::GenVm genvm(world.port());
    for (std::size_t i = next++; i < breaks.size(); i = next++) {
      const auto text = World::text_for(question, fmt::format("session=b{}", i));
      const auto reply = genvm.ask(e2e::prompt(text));
      EXPECT_EQ(reply.kind, "FatalError") << "part " << static_cast<int>(breaks[i].part) << " byte "
                                          << breaks[i].byte << ": " << reply.shown;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < sessions; ++i) threads.emplace_back(ask_on);
  for (auto& thread : threads) thread.join();
  world.calm();
}

TEST(WallSweep, AnAnswerCutAtAnyByteIsNoAnswer) {
  World world;
  expect_no_answer(world, {}, breaks_of({}, Strike::cut, 1), 4);
  const Question over_tls{.transport = Transport::tls};
  expect_no_answer(world, over_tls, breaks_of(over_tls, Strike::cut, 7), 4);
  for (const auto& [name, form] : mock::kForms) {
    const Question question{.form = form};
    expect_no_answer(world, question, breaks_of(question, Strike::cut, 11), 4);
  }
}

TEST(WallSweep, AnAnswerResetAtAnyByteIsNoAnswer) {
  World world;
  expect_no_answer(world, {}, breaks_of({}, Strike::reset, 3), 4);
}

TEST(WallSweep, AnAnswerStalledAtAnyByteIsNoAnswer) {
  World world;
  constexpr int kSessions = 24;
  expect_no_answer(world, {}, breaks_of({}, Strike::stall, 5), kSessions);
  const Question over_tls{.transport = Transport::tls};
  expect_no_answer(world, over_tls, breaks_of(over_tls, Strike::stall, 23), kSessions);
}

}  // namespace
}  // namespace gvm::wall
