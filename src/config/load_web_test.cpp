#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/test_environment.h"
#include "text/json.h"

namespace gvm::config {
namespace {

TEST(LoadWeb, TakesAnOperatorsFileUnchanged) {
  const auto loaded = load_web_text(R"(
bind_address: 127.0.0.1:3032
webdriver_host: http://127.0.0.1:4444/
lua_script_path: ${exeDir}/../config/genvm-web-default.lua
vm_count: 6
lua_path: ${exeDir}/../lib/genvm-lua/?.lua
data_dir: ${exeDir}/../data
signer_url: "#{signerUrl}"
signer_headers: {}
threads: 4
blocking_threads: 16
log_disable: ""
extra_tld: []
always_allow_hosts:
  - genvm-test
max_wait_after_loaded: 90
)",
                                    "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto& c = loaded->config;
  EXPECT_EQ(c.webdriver_host, "http://127.0.0.1:4444");
  EXPECT_EQ(c.always_allow_hosts, std::vector<std::string>{"genvm-test"});
  EXPECT_EQ(c.max_wait_after_loaded, std::chrono::seconds(90));
  EXPECT_EQ(c.common.signer_url.names(), std::vector<std::string>{"signerUrl"});
}

TEST(LoadWeb, CompletesASessionRequestWithoutOuterBraces) {
  const auto loaded = load_web_text(R"(
session_create_request: |
  "capabilities": {"alwaysMatch": {"browserName": "chrome"}}
)",
                                    "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto json = text::parse_json(loaded->config.session_create_request);
  ASSERT_TRUE(json);
  EXPECT_NE(json->find("capabilities"), nullptr);
}

TEST(LoadWeb, HasDefaultsForEverything) {
  const auto loaded = load_web_text("meta:\n", "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->config.common.bind_address, "127.0.0.1:3032");
  EXPECT_EQ(loaded->config.common.lua_script_path,
            "/opt/genvm/bin/../config/genvm-web-default.lua");
  EXPECT_EQ(loaded->config.max_wait_after_loaded, std::chrono::seconds(60));
  EXPECT_TRUE(text::parse_json(loaded->config.session_create_request));
}

}  // namespace
}  // namespace gvm::config
