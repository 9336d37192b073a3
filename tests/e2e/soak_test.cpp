// Two thousand prompts of all kinds, after which nothing of them remains.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using Behaviour = HttpServer::Behaviour;

HttpServer::Reply answer(const HttpServer::Request& request) {
  const auto has = [&](const char* part) { return request.body.find(part) != request.body.npos; };
  if (has("hang")) return {.behaviour = Behaviour::hang};
  if (has("reset")) return {.behaviour = Behaviour::reset};
  if (has("cut")) return {.body = openai_answer("x"), .behaviour = Behaviour::cut_in_body};
  if (has("status")) return {.status = 500, .body = "no"};
  if (has("large")) return {.body = openai_answer(std::string(300'000, 'a'))};
  return {.body = openai_answer("fine")};
}

// The upstream fails on purpose: no prompt should wait for it to recover.
constexpr const char* kOneCallEach =
    "routing: {attempts: 1, breaker: {failures: 0, minimum: 100000}}\n";

// One of eight kinds of sessions, by its number. Returns how many prompts it sent.
int one_session(std::uint16_t port, int number) {
  GenVm genvm(port);
  const auto ask = [&](const char* text, std::string_view outcome) {
    const Reply reply = genvm.ask(prompt(text));
    if (reply.outcome() != outcome) throw std::runtime_error(text + (": " + reply.shown));
  };
  switch (number % 8) {
    case 0:
      genvm.send(prompt("hang"));
      genvm.send(prompt("fine"));
      genvm.ws().reset();
      return 2;
    case 1:
      ask("reset", "FatalError NO_PROVIDER_FOR_PROMPT");
      ask("status", "FatalError NO_PROVIDER_FOR_PROMPT");
      return 2;
    case 2:
      ask("cut", "FatalError NO_PROVIDER_FOR_PROMPT");
      if (genvm.ask_bytes("\x07").outcome() != "FatalError MALFORMED_CALLDATA")
        throw std::runtime_error("calldata");
      return 2;
    case 3:
      ask("large", "Ok");
      ask("", "UserError EMPTY_PROMPT");
      return 2;
    case 4:
      genvm.send(prompt("large"));
      genvm.ws().vanish();
      return 1;
    default:
      for (int i = 0; i < 4; ++i) ask("fine", "Ok");
      genvm.ws().send_close(1000);
      return 4;
  }
}

// Four clients at once until `prompts` have been sent.
void soak(std::uint16_t port, int prompts) {
  std::atomic<int> sent = 0, session = 0;
  std::mutex mutex;
  std::string failure;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      try {
        while (sent < prompts) sent += one_session(port, session++);
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex);
        failure = error.what();
        sent = prompts;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(failure, "");
}

TEST(Soak, TwoThousandPromptsLeaveNothingBehind) {
  HttpServer upstream(answer);
  Module module({.backends = backend_at(upstream.url("")), .more = kOneCallEach});
  soak(module.port(), 200);  // pools and caches are filled by then
  ASSERT_TRUE(module.wait_for_sessions(0, 20s));
  const auto idle_memory = module.resident_bytes();

  soak(module.port(), 2000);
  EXPECT_TRUE(module.wait_for_sessions(0, 20s));
  EXPECT_TRUE(module.wait_for_metric("genvm_serve_connections_open", 1, 5s))
      << "only the asking one";
  // What stays open are the pools' idle connections, at most one a lane and concurrent session.
  constexpr std::size_t kPooled = 8;
  upstream.close_idle_connections();
  constexpr std::size_t kOwnFiles = 40;  // sockets, epoll, eventfd, timerfd of two lanes
  EXPECT_TRUE(eventually([&] { return module.open_files() < kOwnFiles + kPooled; }, 5s))
      << module.open_files();
#ifndef GVM_SANITIZED
  EXPECT_LT(module.resident_bytes(), idle_memory * 3 / 2 + (8u << 20));
#else
  (void)idle_memory;
#endif
}

TEST(Soak, OpenFilesDoNotGrow) {
  HttpServer upstream(answer);
  Module module({.backends = backend_at(upstream.url("")), .more = kOneCallEach});
  const auto settled = [&] {
    EXPECT_TRUE(module.wait_for_sessions(0, 20s));
    upstream.close_idle_connections();
    return module.open_files();
  };
  soak(module.port(), 100);
  const auto before = settled();
  soak(module.port(), 400);
  constexpr std::size_t kPooled = 8;  // idle connections the pools keep
  EXPECT_LE(settled(), before + kPooled);
}

}  // namespace
}  // namespace gvm::e2e
