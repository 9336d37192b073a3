// The C++ client against false modules: halves, wrong shapes, late replies.
#include <genvm_client.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "clients/false_module.h"

namespace gvm::clients {
namespace {

using genvm::Value;
using namespace std::chrono_literals;

genvm::Options quick() {
  genvm::Options options;
  options.timeout = 5s;
  options.backoff = {5ms, 10ms, 3};
  return options;
}

Value one(const std::string& key, Value value) {
  return Value::map({{key, std::move(value)}});
}

Value answer(Value data, genvm::Integer consumed = 3) {
  return one("Ok", Value::map({{"data", std::move(data)},
                               {"consumed_gen", Value::integer(std::move(consumed))}}));
}

std::string framed(const std::string& message) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(message.size() >> shift);
  return out + message;
}

// Answers the first request of each connection with these bytes.
FalseModule::Script replies(std::string bytes) {
  return [bytes = std::move(bytes)](test::WireClient& peer) {
    peer.receive_frame();  // the hello
    if (peer.receive_frame()) peer.send(bytes);
  };
}

FalseModule::Script replies(const Value& reply) {
  return replies(framed(genvm::calldata::encode(reply)));
}

using Ask = std::function<void(genvm::Client&)>;
const Ask kPrompt = [](genvm::Client& client) { client.prompt("x"); };

void expect_refused(const FalseModule::Script& script, const Ask& ask = kPrompt,
                    const genvm::Hello& hello = genvm::Hello::b(1)) {
  const FalseModule module(script);
  genvm::Client client(module.address(), hello, quick());
  EXPECT_THROW(ask(client), genvm::ProtocolError);
}

TEST(CppClient, TakesTheRightShape) {
  const FalseModule module(replies(answer(Value::string("yes"))));
  genvm::Client client(module.address(), genvm::Hello::b(1), quick());
  const auto got = client.prompt("x");
  EXPECT_EQ(got.data, "yes");
  EXPECT_EQ(got.consumed_gen, genvm::Integer(3));
}

TEST(CppClient, RefusesWrongShapes) {
  const Value error = Value::map({{"causes", Value::array()}, {"ctx", Value::map()}});
  const Value yes = Value::string("yes");
  for (const Value& reply :
       {Value(), Value::string("Ok"), Value::map(), one("Ok", yes),
        one("Ok", Value::map({{"data", yes}})), answer(yes, -1), answer(Value::bytes("yes")),
        answer(Value::boolean(true)), answer(Value::map()),
        Value::map({{"Ok", answer(yes).as_map().begin()->second}, {"UserError", error}}),
        one("UserError", Value::map({{"causes", yes}, {"ctx", Value::map()}})),
        one("UserError", Value::map({{"causes", Value::array({yes})}})), one("UserError", yes),
        one("FatalError", Value::bytes("x")), one("Other", yes)}) {
    expect_refused(replies(reply));
  }
}

TEST(CppClient, RefusesTheAnswerToAnotherKindOfRequest) {
  const Value yes = answer(Value::string("yes"));
  const Ask json = [](genvm::Client& c) { c.prompt_json("x"); };
  expect_refused(replies(yes), [](genvm::Client& c) { c.eq_comparative("a", "b", "c"); });
  expect_refused(replies(yes), json);
  expect_refused(replies(yes), [](genvm::Client& c) { c.request({"GET", "http://a.example/"}); });
  expect_refused(replies(one("Ok", one("image", Value::bytes("GIF89a")))),
                 [](genvm::Client& c) { c.screenshot({"http://a.example/"}); });
  for (const auto* text : {"{", "[]", R"({"a":1,"a":2})", "null"})
    expect_refused(replies(answer(Value::string(text))), json,
                   genvm::Hello::c(1, genvm::Role::leader));
}

TEST(CppClient, RefusesBytesThatAreNotCanonical) {
  const std::string frame = genvm::calldata::encode(answer(Value::string("yes")));
  for (const std::string& bytes : {std::string(), frame + '\0', frame.substr(0, frame.size() - 1)})
    expect_refused(replies(framed(bytes)));
  expect_refused(replies(std::string("\xff\xff\xff\xff")));
}

TEST(CppClient, NeverDeliversHalfAnAnswerAndDoesNotAskAgain) {
  const std::string whole = framed(genvm::calldata::encode(answer(Value::string("yes"))));
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{3}, std::size_t{4}, whole.size() - 1}) {
    const FalseModule module(replies(whole.substr(0, size)));
    genvm::Client client(module.address(), genvm::Hello::b(1), quick());
    EXPECT_THROW(client.prompt("x"), genvm::ConnectionLost);
    EXPECT_EQ(module.connections(), 1);
  }
}

TEST(CppClient, AsksAgainWhenAskedToAndNotForEver) {
  const FalseModule module(replies(std::string()));
  auto options = quick();
  options.resend_lost = true;
  genvm::Client client(module.address(), genvm::Hello::b(1), options);
  EXPECT_THROW(client.prompt("x"), genvm::ConnectionLost);
  EXPECT_EQ(module.connections(), 3);
}

// Answers every prompt with its own text; the word "slow" takes a while.
void echo(test::WireClient& peer) {
  peer.receive_frame();
  while (const auto frame = peer.receive_frame()) {
    const Value request = genvm::calldata::decode(*frame);
    const Value text = *request.find("Prompt")->find("payload")->find("prompt");
    if (text == Value::string("slow")) std::this_thread::sleep_for(300ms);
    peer.send(framed(genvm::calldata::encode(answer(text))));
  }
}

TEST(CppClient, TakesNoLateAnswerForTheNextOne) {
  const FalseModule module(echo);
  genvm::Client client(module.address(), genvm::Hello::b(1), quick());
  genvm::PromptOptions hurried;
  hurried.timeout = 50ms;
  EXPECT_THROW(client.prompt("slow", hurried), genvm::DeadlineExceeded);
  EXPECT_EQ(client.prompt("quick").data, "quick");
}

TEST(CppClient, TakesNoReplyThatNobodyAskedFor) {
  const FalseModule module([](test::WireClient& peer) {
    peer.receive_frame();
    const Value request = genvm::calldata::decode(peer.receive_frame().value());
    const Value text = *request.find("Prompt")->find("payload")->find("prompt");
    // One write, so that the second reply is there when the next call begins.
    peer.send(framed(genvm::calldata::encode(answer(text))) +
              framed(genvm::calldata::encode(answer(Value::string("of nobody")))));
  });
  genvm::Client client(module.address(), genvm::Hello::b(1), quick());
  for (const auto* text : {"one", "two", "three"}) EXPECT_EQ(client.prompt(text).data, text);
  EXPECT_EQ(module.connections(), 3);
}

TEST(CppClient, TellsTheModulesErrorsApart) {
  const Value ctx = Value::map({{"url", Value::string("u")}, {"detail", Value::string("why")}});
  const Value causes = Value::array({Value::string("A"), Value::string("own")});
  const FalseModule user(replies(one("UserError", Value::map({{"causes", causes}, {"ctx", ctx}}))));
  genvm::Client first(user.address(), genvm::Hello::b(1), quick());
  try {
    first.prompt("x");
    ADD_FAILURE();
  } catch (const genvm::UserError& error) {
    EXPECT_EQ(error.causes(), (std::vector<std::string>{"A", "own"}));
    EXPECT_EQ(error.detail(), "why");
    EXPECT_EQ(error.ctx(), ctx);
  }
  const FalseModule fatal(replies(one("FatalError", Value::string("of no form"))));
  genvm::Client second(fatal.address(), genvm::Hello::b(1), quick());
  EXPECT_THROW(second.prompt("x"), genvm::FatalError);
  const std::string all_ones =
      "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  const FalseModule poor(replies(answer(Value::string(""), genvm::Integer::parse(all_ones))));
  genvm::Client third(poor.address(), genvm::Hello::b(1), quick());
  EXPECT_THROW(third.eq_comparative("a", "b", "c"), genvm::BudgetExhausted);
}

TEST(CppClient, RefusesWrongAddressesAndArguments) {
  for (const auto* address :
       {"ws://a:1", "tcp://a", "tcp://:1", "tcp://a:", "tcp://a:1x", "unix://a"})
    EXPECT_THROW(genvm::Client(address, genvm::Hello::b(1)), std::invalid_argument) << address;
  genvm::Client client("tcp://127.0.0.1:1", genvm::Hello::b(1));
  genvm::PromptOptions rich;
  rich.fuel = genvm::Integer::parse("18446744073709551616");
  EXPECT_THROW(client.prompt("x", rich), std::invalid_argument);
}

}  // namespace
}  // namespace gvm::clients
