// Cookies of a browser, for a request without it.
#include "web/second_fetch.h"

#include <gtest/gtest.h>

#include "text/json.h"

namespace gvm::web {
namespace {

std::string header(std::string_view address, std::string_view cookies) {
  const auto url = url::parse(address);
  const auto list = text::parse_json(cookies);
  host::CookieJar jar;
  take_cookies(jar, *url, *list);
  return jar.header_for(*url);
}

TEST(SecondFetch, SendsTheCookiesThatTheBrowserHasForTheAddress) {
  EXPECT_EQ(header("https://a.example.com/x/y",
                   R"([{"name":"s","value":"1=2","domain":"a.example.com","path":"/","secure":true},
                       {"name":"t","value":"","domain":".example.com","path":"/x","secure":false}])"),
            "s=1=2; t=");
}

TEST(SecondFetch, LeavesOutWhatWouldEndAHeader) {
  EXPECT_EQ(header("http://a.example/", R"([{"name":"a","value":"x\r\nhost: b","path":"/"},
                                            {"name":"b","value":"x; path=/z","path":"/"},
                                            {"name":"c","value":"good","path":"/"}])"),
            "c=good");
}

TEST(SecondFetch, TakesNothingOfWhatIsNoList) {
  EXPECT_EQ(header("http://a.example/", R"({"error":"no such window"})"), "");
}

}  // namespace
}  // namespace gvm::web
