// `serve.peers` with the real modules: who may open a session, and that no script or log sees the
// token.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "apps/peer_tokens.h"
#include "apps/watchdog.h"
#include "base/size.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using test::WireClient;
using testing::HasSubstr;

constexpr std::string_view kToken = "canary-token-of-a-peer-1";

Value with_token(Value hello, std::string_view token) {
  hello.as_map()->set("token", Value::string(std::string(token)));
  return hello;
}

Reply framed_reply(const Module& module, const Value& hello) {
  auto client = WireClient::tcp(module.port());
  client.send_frame(encode(hello));
  client.send_frame(encode(prompt("x")));
  const auto reply = client.receive_frame();
  return reply ? parse_reply(*reply) : Reply();
}

TEST(Peers, OfEveryGenerationShowTheirTokenInTheHello) {
  HttpServer upstream([body = openai_answer("fine")](const HttpServer::Request&) {
    return HttpServer::Reply{.body = body};
  });
  Module module({.backends = backend_at(upstream.url("")),
                 .more = "serve: {peers: {tokens: [" + std::string(kToken) + "]}}\n"});
  for (const auto& hello : {hello_a(), hello_b(), hello_c()}) {
    GenVm genvm(module.port(), with_token(hello, kToken));
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "fine");
    EXPECT_EQ(framed_reply(module, hello).outcome(), "FatalError UNAUTHORIZED");
    EXPECT_EQ(framed_reply(module, with_token(hello, "canary-token-of-a-peer-2")).outcome(),
              "FatalError UNAUTHORIZED");
  }
  EXPECT_EQ(upstream.request_count(), 3U);
  EXPECT_THAT(module.http("/metrics"),
              HasSubstr("genvm_serve_refused_total{limit=\"peer_token\"} 6"));
}

TEST(Peers, ShowTheirTokenByTheCallCommandToo) {
  HttpServer upstream([body = openai_answer("fine")](const HttpServer::Request&) {
    return HttpServer::Reply{.body = body};
  });
  Module module({.backends = backend_at(upstream.url("")),
                 .more = "serve: {peers: {tokens: [" + std::string(kToken) + "]}}\n"});
  const auto call = [&](std::string token) {
    std::vector<std::string> command{program("genvm-modules"), "call", module.url()};
    if (!token.empty()) command.insert(command.end(), {"--token", std::move(token)});
    command.insert(command.end(), {"prompt", "x"});
    return test::run_program(command, {.environment = {"PEER_TOKEN=" + std::string(kToken)}});
  };
  EXPECT_THAT(call("env:PEER_TOKEN").out, HasSubstr("fine"));
  EXPECT_THAT(call(std::string(kToken)).out, HasSubstr("fine"));
  const auto unset = call("env:PEER_TOKEN_THAT_IS_NOT_SET");
  EXPECT_EQ(unset.exit_code, 64);
  EXPECT_THAT(unset.err, HasSubstr("--token: PEER_TOKEN_THAT_IS_NOT_SET is not set"));
  EXPECT_NE(call("").exit_code, 0);
  EXPECT_EQ(upstream.request_count(), 2U);
}

// ---------------------------------------------------------------- the file of tokens

std::string fault_of(const std::string& path) {
  const auto tokens = apps::read_peer_tokens(path);
  return tokens ? "no fault" : tokens.error().to_string();
}

TEST(PeerTokenFile, HoldsATokenALineAndComments) {
  const TempFolder folder;
  const auto path = folder.file("tokens");
  std::ofstream(path) << "# of the node\n\n  first-token-0123456789 \r\nsecond-token-0123456789";
  const auto tokens = apps::read_peer_tokens(path);
  ASSERT_TRUE(tokens);
  ASSERT_EQ(tokens->size(), 2U);
  EXPECT_EQ((*tokens)[0].reveal(), "first-token-0123456789");
  EXPECT_EQ((*tokens)[1].reveal(), "second-token-0123456789");
  EXPECT_TRUE(apps::read_peer_tokens("")->empty()) << "no file is configured";
}

TEST(PeerTokenFile, ThatIsFaultyStopsTheStartAndIsNotQuoted) {
  const TempFolder folder;
  const auto path = folder.file("tokens");
  EXPECT_THAT(fault_of(path), HasSubstr("No such file"));
  EXPECT_THAT(fault_of(folder.file(".")), HasSubstr("no regular file"));
  std::ofstream(path) << "# nothing\n";
  EXPECT_THAT(fault_of(path), HasSubstr("it holds no token"));
  std::ofstream(path) << "good-token-0123456789\ncanary\n";
  EXPECT_THAT(fault_of(path), HasSubstr("line 2 is no token"));
  EXPECT_THAT(fault_of(path), testing::Not(HasSubstr("canary")));
  std::ofstream(path) << std::string("\0binary\xff-0123456789abcdef", 24);
  EXPECT_THAT(fault_of(path), HasSubstr("line 1 is no token"));
  std::ofstream(path) << std::string(65 * kKiB, 'x');
  EXPECT_THAT(fault_of(path), HasSubstr("larger than 64 KiB"));
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(fault_of(path), HasSubstr("no regular file")) << "and nobody waits for a writer";
}

// ---------------------------------------------------------------- a stuck lane

TEST(WatchdogActionDeathTest, AbortEndsTheProcessAndLogDoesNot) {
  const net::StuckLane stuck{.lane = 0, .since = 10s, .stack = {"libc.so.6(read+0x4c)"}};
  const auto found = std::make_shared<serve::StuckLanes>();
  const auto logs = apps::watchdog_actions({.action = "log"}, log::Logger(), found);
  logs.stuck(stuck);
  EXPECT_EQ(found->now, 1U);
  logs.goes_on(stuck.lane);
  EXPECT_EQ(found->now, 0U);
  EXPECT_EQ(found->times, 1U);
  const auto actions = apps::watchdog_actions({.action = "abort"}, log::Logger(), found);
  EXPECT_EXIT(actions.stuck(stuck), testing::KilledBySignal(SIGABRT), "a lane is stuck");
}

}  // namespace
}  // namespace gvm::e2e
