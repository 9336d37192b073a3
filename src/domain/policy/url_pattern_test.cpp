#include "policy/url_pattern.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace gvm::policy {
namespace {

bool matches(std::string_view pattern, std::string_view text, Match match = Match::both_forms) {
  const auto compiled = UrlPattern::compile(pattern);
  const auto url = url::parse(text);
  EXPECT_TRUE(compiled) << pattern << (compiled ? "" : compiled.error().to_string());
  EXPECT_TRUE(url) << text;
  return compiled && url && compiled->matches(UrlForms(*url), match);
}

TEST(UrlPattern, HostAloneCoversSchemesPortsAndPaths) {
  EXPECT_TRUE(matches("example.com", "http://example.com/"));
  EXPECT_TRUE(matches("EXAMPLE.com", "https://example.com.:8443/a?b"));
  EXPECT_FALSE(matches("example.com", "http://www.example.com/"));
  EXPECT_FALSE(matches("example.com", "http://example.com.evil.org/"));
}

TEST(UrlPattern, StarInAHostIsAnyRun) {
  EXPECT_TRUE(matches("*.example.com", "http://a.b.example.com/"));
  EXPECT_FALSE(matches("*.example.com", "http://example.com/"));
  EXPECT_FALSE(matches("*.example.com", "http://badexample.com/"));
  EXPECT_TRUE(matches("api-*.example.*", "http://api-1.example.org/"));
  EXPECT_TRUE(matches("*", "http://anything.test/"));
  EXPECT_TRUE(matches("192.168.1.*", "http://192.168.1.77/"));
  EXPECT_TRUE(matches("*.bücher.de", "http://www.xn--bcher-kva.de/"));
}

TEST(UrlPattern, SchemeAndPortNarrow) {
  EXPECT_TRUE(matches("https://example.com", "https://example.com/"));
  EXPECT_FALSE(matches("https://example.com", "http://example.com/"));
  EXPECT_TRUE(matches("example.com:443", "https://example.com/"));
  EXPECT_FALSE(matches("example.com:443", "http://example.com/"));
  EXPECT_TRUE(matches("example.com:*", "http://example.com:81/"));
  EXPECT_TRUE(matches("[::1]:81", "http://[::1]:81/"));
}

TEST(UrlPattern, PathIsAPrefixOfWholeSegments) {
  for (const auto* url : {"http://h.com/api", "http://h.com/api/", "http://h.com/api/x?y"})
    EXPECT_TRUE(matches("h.com/api", url)) << url;
  EXPECT_FALSE(matches("h.com/api", "http://h.com/apix"));
  EXPECT_FALSE(matches("h.com/api/", "http://h.com/api"));
  EXPECT_TRUE(matches("h.com/", "http://h.com/anything"));
}

TEST(UrlPattern, StarsInAPathAreAGlob) {
  EXPECT_TRUE(matches("h.com/*.json", "http://h.com/a.json"));
  EXPECT_FALSE(matches("h.com/*.json", "http://h.com/a/b.json"));
  EXPECT_TRUE(matches("h.com/**.json", "http://h.com/a/b.json"));
  EXPECT_FALSE(matches("h.com/**.json", "http://h.com/a.json5"));
  EXPECT_TRUE(matches("h.com/v*/users/*", "http://h.com/v1/users/7"));
  EXPECT_FALSE(matches("h.com/a.b*", "http://h.com/axb"));
}

TEST(UrlPattern, ExpressionsMatchTheWholeUrl) {
  EXPECT_TRUE(matches("re:https://(a|b)\\.com/.*", "https://b.com/x?y"));
  EXPECT_FALSE(matches("re:https://b\\.com/", "https://b.com/x"));
  EXPECT_FALSE(matches("re:https://b\\.com/.*", "https://evil.org/https://b.com/"));
  EXPECT_TRUE(matches("re:.*[?&]debug=.*", "https://b.com/?a=1&debug=1"));
  EXPECT_TRUE(matches("re:.*/admin.*", "https://b.com/%61dmin", Match::either_form));
}

TEST(UrlPattern, BadOnesAreRefusedWithTheReason) {
  for (const auto* text :
       {"", "/path", "https://", "ftp://h.com", "h.com:0", "h.com:99999", "h.com:x", "h.com/a?b",
        "h.com/#x", "h com", "u@h.com", "re:(", "re:a{1000}{1000}", "[::1", "1.2.3.4.5"}) {
    const auto compiled = UrlPattern::compile(text);
    ASSERT_FALSE(compiled) << text;
    EXPECT_EQ(compiled.error().code(), codes::kInvalidConfig);
  }
  EXPECT_FALSE(UrlPattern::compile(std::string(5000, 'a')));
}

TEST(UrlPattern, ManyStarsStayQuick) {
  const std::string host(200, 'a');
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(host_matches(pattern + "b", host));
  EXPECT_TRUE(host_matches(pattern, host));
}

}  // namespace
}  // namespace gvm::policy
