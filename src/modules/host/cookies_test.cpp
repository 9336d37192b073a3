#include "host/cookies.h"

#include <gtest/gtest.h>

namespace gvm::host {
namespace {

std::string after(std::string_view from, std::string_view set_cookie, std::string_view to) {
  CookieJar jar;
  jar.take(*url::parse(from), set_cookie);
  return jar.header_for(*url::parse(to));
}

TEST(CookieJar, KeepsACookieForItsOwnHostOnly) {
  EXPECT_EQ(after("https://a.example.com/", "id=1", "https://a.example.com/x"), "id=1");
  EXPECT_EQ(after("https://a.example.com/", "id=1", "https://b.a.example.com/"), "");
  EXPECT_EQ(after("https://a.example.com/", "id=1", "https://example.com/"), "");
}

TEST(CookieJar, KeepsADomainCookieForItsSubdomains) {
  const std::string set = "id=1; Domain=.Example.com";
  EXPECT_EQ(after("https://a.example.com/", set, "https://b.example.com/"), "id=1");
  EXPECT_EQ(after("https://a.example.com/", set, "https://notexample.com/"), "");
}

TEST(CookieJar, RefusesForeignAndTopLevelDomains) {
  EXPECT_EQ(after("https://a.example.com/", "id=1; Domain=other.com", "https://other.com/"), "");
  EXPECT_EQ(after("https://a.example.com/", "id=1; Domain=com", "https://b.com/"), "");
  EXPECT_EQ(after("http://192.0.2.1/", "id=1; Domain=0.2.1", "http://192.0.2.1/"), "");
}

TEST(CookieJar, RespectsPathAndSecure) {
  EXPECT_EQ(after("https://h.com/a/b", "id=1", "https://h.com/a/c"), "id=1");
  EXPECT_EQ(after("https://h.com/a/b", "id=1", "https://h.com/ab"), "");
  EXPECT_EQ(after("https://h.com/", "id=1; Path=/x", "https://h.com/x/y"), "id=1");
  EXPECT_EQ(after("https://h.com/", "id=1; Path=/x", "https://h.com/xy"), "");
  EXPECT_EQ(after("https://h.com/", "id=1; Secure", "http://h.com/"), "");
  EXPECT_EQ(after("http://h.com/", "id=1; Secure", "https://h.com/"), "");
}

TEST(CookieJar, DropsWhatExpired) {
  CookieJar jar;
  const auto url = *url::parse("https://h.com/");
  jar.take(url, "a=1");
  jar.take(url, "b=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  jar.take(url, "c=3; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  jar.take(url, "a=; Max-Age=0");
  EXPECT_EQ(jar.header_for(url), "b=2");
}

TEST(CookieJar, IsBounded) {
  CookieJar jar;
  const auto url = *url::parse("https://h.com/");
  for (int i = 0; i < 1000; ++i) jar.take(url, "c" + std::to_string(i) + "=1");
  jar.take(url, "big=" + std::string(10'000, 'x'));
  jar.take(url, "noequals");
  EXPECT_LE(jar.header_for(url).size(), CookieLimits::kCookies * 8);
}

}  // namespace
}  // namespace gvm::host
