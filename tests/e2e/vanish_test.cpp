// When a peer disconnects, everything it started ends.
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

// 100 ms without load; the rest allows for sanitizers and a busy machine.
constexpr std::chrono::milliseconds kCancelled = 100ms + 400ms * kSlowness;

struct World {
  World()
      : upstream([](const HttpServer::Request&) {
          return HttpServer::Reply{.behaviour = HttpServer::Behaviour::hang};
        }),
        module({.backends = backend_at(upstream.url(""))}) {}

  void expect_everything_is_over() const {
    EXPECT_TRUE(upstream.wait_for_open_connections(0, kCancelled));
    EXPECT_TRUE(module.wait_for_sessions(0));
  }
  HttpServer upstream;
  Module module;
};

using Going = void (*)(GenVm&);

TEST(Vanish, ThePeersEndClosesTheUpstreamConnectionAtOnce) {
  const std::pair<std::string, Going> rows[] = {
      {"close frame", [](GenVm& genvm) { genvm.ws().send_close(1000); }},
      {"FIN", [](GenVm& genvm) { genvm.ws().vanish(); }},
      {"RST", [](GenVm& genvm) { genvm.ws().reset(); }},
  };
  World world;
  std::size_t asked = 0;
  for (const auto& [name, go] : rows) {
    SCOPED_TRACE(name);
    GenVm genvm(world.module.port());
    genvm.send(prompt("x"));
    genvm.send(prompt("queued behind it"));
    ASSERT_TRUE(world.upstream.wait_for_requests(++asked, 20s));
    EXPECT_TRUE(world.module.wait_for_sessions(1));
    go(genvm);
    world.expect_everything_is_over();
  }
  EXPECT_EQ(world.upstream.request_count(), asked) << "what was queued was never begun";
}

TEST(Vanish, TheLengthPrefixedFramingIsCancelledTheSameWay) {
  World world;
  auto client = test::WireClient::tcp(world.module.port());
  client.send_frame(encode(hello_a()));
  client.send_frame(encode(prompt("x")));
  ASSERT_TRUE(world.upstream.wait_for_requests(1, 20s));
  client.reset();
  world.expect_everything_is_over();
}

// A sleep has no socket whose end could be seen: the session's end shows it.
TEST(Vanish, AScriptThatSleepsEndsWithItsPeer) {
  const Module module({.script = "local lib = require('lib-genvm')\n"
                                 "function ExecPrompt() lib.rs.sleep_seconds(600) end\n"
                                 "function ExecPromptTemplate() return { data = true } end\n",
                       .arguments = {"--allow-empty-backends"}});
  for (const Going go : {+[](GenVm& genvm) { genvm.ws().send_close(1000); },
                         +[](GenVm& genvm) { genvm.ws().reset(); }}) {
    GenVm genvm(module.port());
    genvm.send(prompt("x"));
    EXPECT_TRUE(module.wait_for_sessions(1));
    go(genvm);
    EXPECT_TRUE(module.wait_for_sessions(0));
  }
}

TEST(Vanish, ManyPeersAtOnce) {
  World world;
  constexpr int kPeers = 40;
  std::vector<std::unique_ptr<GenVm>> peers;
  for (int i = 0; i < kPeers; ++i) {
    peers.push_back(std::make_unique<GenVm>(world.module.port()));
    peers.back()->send(prompt("x"));
  }
  ASSERT_TRUE(world.upstream.wait_for_requests(kPeers, 30s));
  for (auto& peer : peers) peer->ws().reset();
  EXPECT_TRUE(world.upstream.wait_for_open_connections(0, kCancelled + 500ms));
  EXPECT_TRUE(world.module.wait_for_sessions(0));
}

TEST(Vanish, AHalfSentMessageGoesWithItsPeer) {
  World world;
  auto client = test::WireClient::tcp(world.module.port());
  client.send_frame(encode(hello_a()));
  client.send(std::string("\x00\x10\x00\x00 the beginning of a megabyte", 30));
  EXPECT_TRUE(world.module.wait_for_sessions(1));
  client.close();
  EXPECT_TRUE(world.module.wait_for_sessions(0));
}

TEST(Vanish, ARequestThatTakesTooLongIsCancelledAndTheSessionGoesOn) {
  HttpServer upstream([](const HttpServer::Request& request) {
    const bool hang = request.body.find("hang") != std::string::npos;
    return HttpServer::Reply{
        .body = openai_answer("quick"),
        .behaviour = hang ? HttpServer::Behaviour::hang : HttpServer::Behaviour::normal};
  });
  Module module(
      {.backends = backend_at(upstream.url("")), .more = "serve: {request_timeout: 500ms}\n"});
  GenVm genvm(module.port());
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(genvm.ask(prompt("hang")).outcome(), "FatalError DEADLINE_EXCEEDED");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 500ms + 250ms + 1000ms * kSlowness);
  EXPECT_TRUE(upstream.wait_for_open_connections(0, kCancelled));
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "quick");
}

TEST(Vanish, AnIdleSessionIsClosedInTime) {
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("quick")}; });
  Module module(
      {.backends = backend_at(upstream.url("")), .more = "serve: {idle_timeout: 300ms}\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "quick");
  EXPECT_EQ(genvm.ws().receive_close(), 1001);
}

}  // namespace
}  // namespace gvm::e2e
