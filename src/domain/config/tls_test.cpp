// `serve.tls`: half a protection is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Loaded<WebConfig> load(const std::string& text) {
  return load_web_text(text, "f.yaml", test_environment({}));
}

std::string fault_of(const std::string& text) {
  const auto loaded = load(text);
  return loaded ? "no fault" : loaded.error().front().to_string();
}

TEST(TlsConfig, IsOffUnlessFilesAreNamed) {
  const auto loaded = load("{}");
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->config.common.serve.tls.on());
  EXPECT_EQ(loaded->config.common.serve.tls.minimum, "1.2");
}

TEST(TlsConfig, TakesItsFilesAndAVersionWithOrWithoutQuotes) {
  for (const std::string minimum : {"1.3", "\"1.3\""}) {
    const auto loaded = load(
        "serve: {tls: {certificate: /c.pem, key: /k.pem, client_ca: /a.pem, minimum: " + minimum +
        "}}");
    ASSERT_TRUE(loaded) << loaded.error().front().to_string();
    const auto& tls = loaded->config.common.serve.tls;
    EXPECT_TRUE(tls.on());
    EXPECT_EQ(tls.certificate, "/c.pem");
    EXPECT_EQ(tls.key, "/k.pem");
    EXPECT_EQ(tls.client_ca, "/a.pem");
    EXPECT_EQ(tls.minimum, "1.3");
  }
}

TEST(TlsConfig, ThatProtectsLessThanItSeemsToIsRefused) {
  EXPECT_THAT(fault_of("serve: {tls: {certificate: /c.pem}}"),
              AllOf(HasSubstr("serve.tls.key"), HasSubstr("private key")));
  EXPECT_THAT(fault_of("serve: {tls: {key: /k.pem}}"), HasSubstr("serve.tls.certificate"));
  EXPECT_THAT(fault_of("serve: {tls: {client_ca: /a.pem}}"), HasSubstr("serve.tls.client_ca"));
  EXPECT_THAT(fault_of("serve: {tls: {certificate: /c, key: /k, minimum: '1.1'}}"),
              AllOf(HasSubstr("serve.tls.minimum"), HasSubstr("1.2")));
  EXPECT_THAT(fault_of("bind_address: unix:///s\nserve: {tls: {certificate: /c, key: /k}}"),
              AllOf(HasSubstr("serve.tls"), HasSubstr("Unix socket")));
}

}  // namespace
}  // namespace gvm::config
