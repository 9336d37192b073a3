// Requests beyond serve.max_requests: what hosts of each generation are told.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

TEST(Overload, IsAFatalErrorThatEveryGenerationOfHostsReads) {
  HttpServer upstream([body = openai_answer("fine")](const HttpServer::Request& request) {
    const bool slow = request.body.find("slow") != std::string::npos;
    return HttpServer::Reply{.body = body, .delay = slow ? 600s : 0s};
  });
  Module module({.backends = backend_at(upstream.url("")), .more = "serve: {max_requests: 1}\n"});
  auto busy = std::make_unique<GenVm>(module.port());
  busy->send(prompt("slow"));
  ASSERT_TRUE(upstream.wait_for_requests(1, 20s));
  std::deque<GenVm> sessions;
  for (const auto& hello : {hello_a(), hello_b(), hello_c()})
    sessions.emplace_back(module.port(), hello);
  for (auto& session : sessions) {
    const auto reply = session.ask(prompt("x"));
    EXPECT_EQ(reply.outcome(), "FatalError OVERLOADED") << reply.shown;
    const auto* limit = reply.ctx.find("limit");
    ASSERT_NE(limit, nullptr) << reply.shown;
    EXPECT_EQ(limit->as_string(), "max_requests");
  }
  EXPECT_EQ(upstream.request_count(), 1U) << "nothing of them was sent, so nothing is billed";
  busy.reset();
  for (auto& session : sessions)
    EXPECT_TRUE(eventually([&] { return session.ask(prompt("x")).ok(); }, 10s * kSlowness));
}

}  // namespace
}  // namespace gvm::e2e
