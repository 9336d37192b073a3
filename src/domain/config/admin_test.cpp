// `serve.admin_address` and `serve.admin_token`: what would be more open, or less, than it looks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Loaded<WebConfig> load(const std::string& text) {
  return load_web_text(text, "f.yaml", test_environment({{"TOKEN", "a-token-of-the-environment"}}));
}

std::string fault_of(const std::string& text) {
  const auto loaded = load(text);
  return loaded ? "no fault" : loaded.error().front().to_string();
}

std::string warnings_of(const std::string& text) {
  const auto loaded = load(text);
  return loaded ? testing::PrintToString(loaded->warnings) : loaded.error().front().to_string();
}

TEST(AdminConfig, IsThePortOfTheSessionsUnlessNamed) {
  for (const auto* text : {"{}", "serve: {admin_address: null, admin_token: null}"}) {
    const auto loaded = load(text);
    ASSERT_TRUE(loaded) << text;
    EXPECT_THAT(loaded->config.common.serve.admin_address, IsEmpty());
    EXPECT_TRUE(loaded->config.common.serve.admin_token.empty());
  }
}

TEST(AdminConfig, TheTokenIsASecretOfTheConfiguration) {
  const auto loaded = load(
      "serve: {admin_address: '127.0.0.1:9464', admin_token: '${ENV[TOKEN]}'}\n"
      "bind_address: 0.0.0.0:3032\n");
  ASSERT_TRUE(loaded);
  const auto& serve = loaded->config.common.serve;
  EXPECT_EQ(serve.admin_address, "127.0.0.1:9464");
  EXPECT_EQ(serve.admin_token.reveal(), "a-token-of-the-environment");
  const auto known = [](const Secret& s) { return s.reveal() == "a-token-of-the-environment"; };
  EXPECT_TRUE(std::ranges::any_of(loaded->secrets, known)) << "the redactor must know it";
  EXPECT_THAT(loaded->config.common.shown, Not(HasSubstr("a-token-of-the-environment")));
}

TEST(AdminConfig, RefusesATokenThatProtectsLittle) {
  for (const auto* token : {"short", "canary with spaces in it", "", "${ENV[NOT_SET]}"})
    EXPECT_THAT(fault_of("serve: {admin_token: '" + std::string(token) + "'}"),
                AllOf(HasSubstr("serve.admin_token"), Not(HasSubstr("canary"))))
        << token;
  EXPECT_THAT(fault_of("serve: {admin_token: a-token-of-everybody, peers: {tokens: "
                       "[a-token-of-everybody]}}"),
              AllOf(HasSubstr("serve.admin_token"), HasSubstr("hosts do not read the log"),
                    Not(HasSubstr("a-token-of-everybody"))));
}

TEST(AdminConfig, RefusesAnAddressThatIsNone) {
  for (const auto* address : {"''", "9464", "fd://7", "unix://relative", "0.0.0.0", "http://x:1",
                              "127.0.0.1:99999", "[a]", "{}"})
    EXPECT_THAT(fault_of("serve: {admin_address: " + std::string(address) + "}"),
                HasSubstr("serve.admin_address"))
        << address;
  EXPECT_THAT(fault_of("bind_address: 127.0.0.1:9\nserve: {admin_address: '127.0.0.1:9'}"),
              HasSubstr("got the address of bind_address"));
}

TEST(AdminConfig, BeyondThisMachineNeedsTheToken) {
  const std::string token = ", admin_token: a-token-of-the-test}";
  for (const auto* address : {"'0.0.0.0:9464'", "'[::]:9464'", "'10.0.0.1:9464'", "'node:9464'",
                              "'127.0.0.1.example:1'"}) {
    EXPECT_THAT(fault_of("serve: {admin_address: " + std::string(address) + "}"),
                HasSubstr("expected serve.admin_token beside it"))
        << address;
    EXPECT_THAT(warnings_of("serve: {admin_address: " + std::string(address) + token),
                HasSubstr("it crosses the network in plain text"))
        << address;
  }
  for (const auto* address :
       {"'127.0.0.1:9464'", "'[::1]:9464'", "localhost:9464", "unix:///run/admin"}) {
    EXPECT_EQ(fault_of("serve: {admin_address: " + std::string(address) + "}"), "no fault");
    EXPECT_THAT(warnings_of("serve: {admin_address: " + std::string(address) + token),
                Not(HasSubstr("plain text")))
        << address;
  }
  EXPECT_THAT(
      warnings_of("bind_address: 0.0.0.0:1\nserve: {tls: {certificate: /c, key: /k}" + token),
      Not(HasSubstr("plain text")));
  EXPECT_THAT(warnings_of("bind_address: 0.0.0.0:1\nserve: {" + token.substr(2)),
              HasSubstr("plain text"));
}

}  // namespace
}  // namespace gvm::config
