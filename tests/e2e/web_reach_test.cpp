// What the policy protects besides addresses: the module itself, and what a script may do beyond
// it.
#include <gtest/gtest.h>

#include "e2e/web.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using ServerReply = HttpServer::Reply;

HttpServer::Handler says(std::string text) {
  return [text = std::move(text)](const HttpServer::Request&) -> ServerReply {
    return {.body = text};
  };
}

// All of loopback is declared public; port is where the module listens.
ModuleOptions everything_public(std::uint16_t port) {
  return {.program = "genvm-web",
          .more = "browser: {engine: http}\npolicy: {ports: [" + std::to_string(port) +
                  "], allow_addresses: [127.0.0.0/8]}\n",
          .bind_address = "127.0.0.1:" + std::to_string(port)};
}

TEST(WebReach, WhereTheModuleIsWatchedIsOutOfReachToo) {
  std::uint16_t port = 0;
  {
    const test::RefusingPort probe;
    port = probe.port();
  }
  auto options = everything_public(port);
  options.bind_address = "127.0.0.1:0";
  options.more += "serve: {admin_address: '127.0.0.1:" + std::to_string(port) + "'}\n";
  const Module module(options);
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get("http://127.0.0.1:" + std::to_string(port) + "/metrics")).outcome(),
            "UserError ADDRESS_FORBIDDEN");
}

TEST(WebReach, TheModulesOwnPortIsOutOfReachEvenWhereLoopbackIsPublic) {
  std::uint16_t port = 0;
  {
    const test::RefusingPort probe;
    port = probe.port();
  }
  const Module module(everything_public(port));
  GenVm genvm(module.port());
  const auto at = ":" + std::to_string(port) + "/metrics";
  EXPECT_EQ(genvm.ask(get("http://127.0.0.1" + at)).outcome(), "UserError ADDRESS_FORBIDDEN");
  EXPECT_EQ(genvm.ask(get("http://[::ffff:127.0.0.1]" + at)).outcome(),
            "UserError ADDRESS_FORBIDDEN");
}

TEST(WebReach, ThePolicyHoldsBelowAScriptThatDoesNotAskIt) {
  HttpServer inner(says("inner"));
  ModuleOptions options = {.program = "genvm-web", .more = "browser: {engine: http}\n"};
  options.script = R"lua(
local lib = require("lib-genvm")
function Request(ctx, payload)
  local r = lib.rs.request(ctx, { method = "GET", url = payload.url, headers = {},
    unfiltered = payload.method == "PUT" })
  return { status = r.status, headers = {}, body = r.body }
end
function Render() return { text = "" } end
)lua";
  const Module module(options);
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get(inner.url())).kind, "UserError");
  EXPECT_EQ(inner.connections(), 0U);
  // A rule that the operator wrote explicitly overrides this.
  const auto reply = genvm.ask(web_request({.method = "PUT", .url = inner.url()}));
  EXPECT_EQ(body_of(reply), "inner") << reply.shown;
  // An open unfiltered connection is not reused for filtered requests.
  EXPECT_EQ(genvm.ask(get(inner.url())).kind, "UserError");
  EXPECT_EQ(inner.request_count(), 1U);
}

TEST(WebReach, RefusalsAreCounted) {
  const Module module(web_options());
  GenVm genvm(module.port());
  for (int i = 0; i < 3; ++i) (void)genvm.ask(get("http://10.0.0.1/"));
  EXPECT_EQ(module.metric("genvm_web_refused_total"), 3);
  EXPECT_EQ(module.metric("genvm_web_requests_failed_total"), 3);
}

}  // namespace
}  // namespace gvm::e2e
