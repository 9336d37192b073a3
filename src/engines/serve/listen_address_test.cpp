#include "serve/listen_address.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace gvm::serve {
namespace {

TEST(ListenAddress, TakesHostAndPort) {
  const auto address = parse_listen_address("127.0.0.1:3031");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "127.0.0.1");
  EXPECT_EQ(address->port, 3031);
  EXPECT_FALSE(address->is_unix());
  EXPECT_EQ(parse_listen_address("localhost:0")->to_string(), "localhost:0");
}

TEST(ListenAddress, TakesBracketedIpv6) {
  const auto address = parse_listen_address("[::1]:80");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->to_string(), "[::1]:80");
}

TEST(ListenAddress, TakesAUnixPath) {
  const auto address = parse_listen_address("unix:///run/genvm/llm.sock");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->path, "/run/genvm/llm.sock");
  EXPECT_EQ(address->to_string(), "unix:///run/genvm/llm.sock");
}

TEST(ListenAddress, RefusesEverythingElseWithAReason) {
  const std::string too_long = "unix:///" + std::string(120, 'a');
  for (const std::string& text :
       {std::string(), std::string("localhost"), std::string(":80"), std::string("[]:80"),
        std::string("::1:80"), std::string("host:"), std::string("host:65536"),
        std::string("host:-1"), std::string("host:8o"), std::string("unix://relative"),
        std::string("unix://"), too_long}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code(), codes::kInvalidConfig) << text;
    EXPECT_NE(address.error().to_string().find("expected host:port"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace gvm::serve
