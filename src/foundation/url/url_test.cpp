#include "url/url.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/error_codes.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::url {
namespace {

// The data writes lone surrogates as escapes; a parser of UTF-8 gets U+FFFD in their place.
std::string without_lone_surrogates(std::string text) {
  const auto unit_at = [&](std::size_t i) -> unsigned {
    if (i + 6 > text.size() || text[i] != '\\' || (text[i + 1] | 0x20) != 'u') return 0;
    return static_cast<unsigned>(std::stoul(text.substr(i + 2, 4), nullptr, 16));
  };
  for (std::size_t i = 0; i + 6 <= text.size(); ++i) {
    if (text[i] != '\\') continue;
    const unsigned unit = unit_at(i);
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    const unsigned next = high ? unit_at(i + 6) : 0;
    const bool pair = next >= 0xDC00 && next < 0xE000;
    if (!pair && unit >= 0xD800 && unit < 0xE000) text.replace(i, 6, "\\ufffd");
    i += pair ? 11 : 1;
  }
  return text;
}

Value standard_cases(const std::string& name) {
  std::ifstream file(test::source_dir() + "/../shared/data/url/" + name);
  if (!file) return Value::null();
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  auto value = text::parse_json(without_lone_surrogates(text));
  EXPECT_TRUE(value) << (value ? "" : value.error().to_string());
  return value.value_or(Value::array());
}

std::string field(const Value& row, std::string_view key) {
  const Value* value = row.find(key);
  return std::string(value != nullptr ? value->as_string().value_or("") : "");
}

void expect_parts(const Url& url, const Value& row, const std::string& what) {
  EXPECT_EQ(url.href(), field(row, "href")) << what;
  EXPECT_EQ(std::string(url.scheme()) + ":", field(row, "protocol")) << what;
  EXPECT_EQ(url.username(), field(row, "username")) << what;
  EXPECT_EQ(url.password(), field(row, "password")) << what;
  EXPECT_EQ(url.host(), field(row, "host")) << what;
  EXPECT_EQ(url.hostname(), field(row, "hostname")) << what;
  EXPECT_EQ(url.port() ? std::to_string(*url.port()) : "", field(row, "port")) << what;
  EXPECT_EQ(url.path(), field(row, "pathname")) << what;
  EXPECT_EQ(url.search(), field(row, "search")) << what;
  EXPECT_EQ(url.fragment(), field(row, "hash")) << what;
  EXPECT_TRUE(row.find("origin") == nullptr || url.origin() == field(row, "origin")) << what;
}

TEST(UrlStandard, ParsesEveryCaseAsItSays) {
  const auto table = standard_cases("urltestdata.json");
  if (table.is_null()) GTEST_SKIP() << "the standard's test data is not here";
  std::size_t seen = 0;
  for (const auto& row : *table.as_array()) {
    if (row.as_map() == nullptr) continue;
    ++seen;
    const auto what = field(row, "input") + " on " + field(row, "base");
    const auto base = parse(field(row, "base"));
    const bool on_base = row.find("base") != nullptr && !row.find("base")->is_null();
    ASSERT_TRUE(base || !on_base || row.find("failure") != nullptr) << what;
    const auto url =
        on_base && !base ? base : parse(field(row, "input"), on_base ? &*base : nullptr);
    const bool must_fail = row.find("failure") != nullptr;
    EXPECT_EQ(url.has_value(), !must_fail) << what << " -> " << (url ? url->href() : "");
    if (url && !must_fail) expect_parts(*url, row, what);
  }
  EXPECT_EQ(seen, 891U);
}

TEST(UrlStandard, TurnsEveryDomainToAsciiAsItSays) {
  const auto table = standard_cases("toascii.json");
  if (table.is_null()) GTEST_SKIP() << "the standard's test data is not here";
  for (const auto& row : *table.as_array()) {
    if (row.as_map() == nullptr) continue;
    const auto input = field(row, "input");
    const auto url = parse("https://" + input + "/x");
    const auto expected = row.find("output")->as_string();
    EXPECT_EQ(url.has_value(), expected.has_value()) << input << " -> " << (url ? url->href() : "");
    EXPECT_TRUE(!url || !expected || url->hostname() == *expected)
        << input << " -> " << url->href();
  }
}

TEST(Url, GivesItsParts) {
  const auto url = *parse("HTTPS://us%er:p:w@Example.COM:8443/a/../b c?q=1 2#f g");
  EXPECT_EQ(url.href(), "https://us%er:p%3Aw@example.com:8443/b%20c?q=1%202#f%20g");
  EXPECT_EQ(url.request_target(), "/b%20c?q=1%202");
  EXPECT_EQ(url.without_credentials(), "https://example.com:8443/b%20c?q=1%202#f%20g");
  EXPECT_EQ(url.origin(), "https://example.com:8443");
  EXPECT_TRUE(url.has_credentials());
  EXPECT_EQ(url.effective_port(), 8443);
  EXPECT_EQ(parse("wss://x/")->effective_port(), 443);
  EXPECT_EQ(parse("foo://x/")->effective_port(), std::nullopt);
  EXPECT_FALSE(parse("http://@x/")->has_credentials());
}

TEST(Url, RefusesWithoutRepeatingTheUrl) {
  const auto refused = parse("https://user:secret@exa mple.com/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kMalformedUrl);
  EXPECT_FALSE(refused.error().fatal());
  EXPECT_EQ(refused.error().to_string(),
            "MALFORMED_URL: this is no URL: its host has a forbidden character");
}

TEST(Url, NormalisesEveryFormOfAnIpv4Address) {
  for (const auto* host :
       {"127.0.0.1", "127.1", "0x7f.1", "017700000001", "2130706433", "0x7f000001", "127.0.0.1.",
        "%31%32%37.1", "１２７.１", "0X7F.0.0.0x1"}) {
    const auto url = parse(std::string("http://") + host + "/");
    ASSERT_TRUE(url) << host;
    EXPECT_EQ(url->hostname(), "127.0.0.1") << host;
  }
  for (const auto* host :
       {"256.1.1.1", "1.2.3.4.5", "1.2.3.256", "4294967296", "0x.09", "1..2", "a.1"}) {
    EXPECT_FALSE(parse(std::string("http://") + host + "/")) << host;
  }
}

TEST(Url, SplitsForScripts) {
  const auto split = split_url("https://Example.com:443/x");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->scheme, "https");
  EXPECT_EQ(split->host, "example.com");
  EXPECT_EQ(split->port, std::nullopt);
  EXPECT_EQ(split_url("http://[::1]:8080/")->host, "[::1]");
  EXPECT_EQ(split_url("http://x:8080/")->port, 8080);
  EXPECT_FALSE(split_url("no url"));
  EXPECT_FALSE(split_url("mailto:x@y"));
}

TEST(Url, EncodesComponents) {
  EXPECT_EQ(encode_component("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(encode_component("a b&c=d/é+%"), "a%20b%26c%3Dd%2F%C3%A9%2B%25");
}

}  // namespace
}  // namespace gvm::url
