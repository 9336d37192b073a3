// The web module's policy and script change while it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/reload.h"
#include "e2e/web.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using testing::HasSubstr;

ModuleOptions web_options(std::uint16_t port, std::string_view more) {
  return {.program = "genvm-web",
          .more = "browser: {engine: http}\npolicy: {allow_addresses: [127.0.0.1], ports: [" +
                  std::to_string(port) + "]" + std::string(more) + "}\n"};
}

TEST(ReloadWeb, ASessionKeepsItsPolicyAndTheNextOneHasTheNew) {
  test::HttpServer site(
      [](const test::HttpServer::Request&) { return test::HttpServer::Reply{.body = "hello"}; });
  Reloaded reloaded(web_options(site.port(), ""));
  const auto url = "http://127.0.0.1:" + std::to_string(site.port()) + "/page";
  GenVm old(reloaded.port());
  const Reply first = old.ask(get(url));
  ASSERT_TRUE(first.ok()) << first.shown;
  reloaded.options().more = web_options(site.port(), ", deny: [\"http://127.0.0.1:*/*\"]").more;
  reloaded.write();
  const auto done = reloaded.reload();
  ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("policy.deny"));
  GenVm fresh(reloaded.port());
  EXPECT_EQ(fresh.ask(get(url)).outcome(), "UserError URL_FORBIDDEN");
  const Reply again = old.ask(get(url));
  EXPECT_TRUE(again.ok()) << again.shown;
  EXPECT_EQ(reloaded.module().metric("genvm_web_requests_total"), 3) << "counters go on";
  EXPECT_EQ(reloaded.module().metric("genvm_web_config_generation"), 2);
}

TEST(ReloadWeb, ABadPolicyIsRefused) {
  test::HttpServer site(
      [](const test::HttpServer::Request&) { return test::HttpServer::Reply{.body = "hello"}; });
  Reloaded reloaded(web_options(site.port(), ""));
  reloaded.options().more = web_options(site.port(), ", deny_addresses: [nowhere]").more;
  reloaded.write();
  const auto refused = reloaded.reload();
  EXPECT_EQ(refused.exit_code, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("deny_addresses"));
  GenVm genvm(reloaded.port());
  const Reply reply = genvm.ask(get("http://127.0.0.1:" + std::to_string(site.port()) + "/page"));
  EXPECT_TRUE(reply.ok()) << reply.shown;
}

}  // namespace
}  // namespace gvm::e2e
