#include "config/scalar.h"

#include <gtest/gtest.h>

namespace gvm::config {
namespace {

using std::chrono::milliseconds;

TEST(Durations, AreSecondsOrHaveAUnit) {
  EXPECT_EQ(parse_duration("3", Quoting::plain), milliseconds(3000));
  EXPECT_EQ(parse_duration("0.25", Quoting::plain), milliseconds(250));
  EXPECT_EQ(parse_duration("500ms", Quoting::plain), milliseconds(500));
  EXPECT_EQ(parse_duration("1.5s", Quoting::quoted), milliseconds(1500));
  EXPECT_EQ(parse_duration("2m", Quoting::quoted), milliseconds(120'000));
  EXPECT_EQ(parse_duration("2 m", Quoting::quoted), milliseconds(120'000));
}

TEST(Durations, RefuseEverythingElse) {
  for (const auto* text :
       {"", "s", "ms", "3h", "-1", "-1s", "1e400s", "nan", "infs", "1s2", "1 2s", "0x1s"})
    EXPECT_FALSE(parse_duration(text, Quoting::plain)) << text;
  EXPECT_FALSE(parse_duration("3", Quoting::quoted));
}

TEST(Durations, AreWrittenAsTheyAreRead) {
  for (const auto span : {0, 1, 999, 1000, 1500, 59'000, 60'000, 90'000, 3'600'000})
    EXPECT_EQ(parse_duration(format_duration(milliseconds(span)), Quoting::quoted),
              milliseconds(span));
}

TEST(Sizes, AreBytesOrHaveAUnit) {
  EXPECT_EQ(parse_bytes("1000"), 1000);
  EXPECT_EQ(parse_bytes("64KiB"), 65'536);
  EXPECT_EQ(parse_bytes("2 MiB"), 2'097'152);
  for (const auto* text : {"", "KiB", "1.5MiB", "1MB", "99999999999GiB", "1 B"})
    EXPECT_FALSE(parse_bytes(text)) << text;
  EXPECT_EQ(format_bytes(65'536), "64KiB");
  EXPECT_EQ(format_bytes(1000), "1000");
}

TEST(Endpoints, KnowLoopback) {
  for (const auto* url : {"http://localhost:1", "http://a.localhost/x", "http://127.0.0.1",
                          "http://127.9.9.9:80/v1", "https://[::1]:8080"})
    EXPECT_TRUE(parse_endpoint(url).endpoint.value().loopback) << url;
  for (const auto* url : {"http://localhost.example", "http://127.0.0.1.example.org",
                          "http://128.0.0.1", "http://[::2]", "http://127.0.0.1@example.org"})
    EXPECT_FALSE(parse_endpoint(url).endpoint.value().loopback) << url;
}

TEST(Endpoints, LoseTrailingSlashes) {
  EXPECT_EQ(parse_endpoint("https://a.example/v1//").endpoint.value().url, "https://a.example/v1");
}

TEST(Endpoints, TellTheirSecrets) {
  const auto endpoint =
      parse_endpoint("https://me:pass-word@h.example/?api_key=qwertz&page=2").endpoint.value();
  std::vector<std::string> secrets;
  for (const auto& secret : endpoint.secrets) secrets.emplace_back(secret.reveal());
  EXPECT_EQ(secrets,
            (std::vector<std::string>{"me:pass-word", "bWU6cGFzcy13b3Jk", "pass-word", "qwertz"}));
}

TEST(BindAddresses, AreHostAndPortOrASocket) {
  for (const auto* good :
       {"127.0.0.1:0", "localhost:3031", "[::1]:3031", "0.0.0.0:65535", "unix:///run/g.sock"})
    EXPECT_TRUE(is_bind_address(good)) << good;
  for (const auto* bad :
       {"", ":1", "a:", "a:b", "a:65536", "::1:5", "unix://", "unix:///", "unix://a", "a b:1"})
    EXPECT_FALSE(is_bind_address(bad)) << bad;
  EXPECT_FALSE(is_bind_address("unix:///" + std::string(107, 'x')));
}

TEST(Headers, AreTokensAndOneLine) {
  EXPECT_TRUE(is_header_name("x-api_key.1"));
  for (const auto* bad : {"", "a b", "a:", "\xc3\xa4"}) EXPECT_FALSE(is_header_name(bad)) << bad;
  EXPECT_TRUE(is_header_value("Bearer a\tb"));
  EXPECT_FALSE(is_header_value("a\r\nb: c"));
  EXPECT_FALSE(is_header_value(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace gvm::config
