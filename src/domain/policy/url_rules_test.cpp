#include "policy/url_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "base/error_codes.h"
#include "policy/test_addresses.h"

namespace gvm::policy {
namespace {

UrlRules rules_of(UrlRulesConfig config = {}, AddressRulesConfig addresses = {}) {
  auto rules = UrlRules::compile(std::move(config), AddressRules(std::move(addresses)));
  if (!rules) throw std::runtime_error(rules.error().to_string());
  return std::move(*rules);
}

// "passed", "trusted", or "CODE by rule".
std::string judge(const UrlRules& rules, const std::string& text) {
  const auto url = url::parse(text);
  if (!url) return "no URL";
  const auto decision = rules.judge(*url);
  if (decision.allowed) return decision.trusted ? "trusted" : "passed";
  EXPECT_FALSE(decision.sentence.empty()) << text;
  return std::string(decision.code) + " by " + std::string(name_of(decision.rule));
}

std::string judge(const std::string& text) {
  static const UrlRules rules = rules_of();
  return judge(rules, text);
}

TEST(UrlRules, AllowOrdinaryUrls) {
  for (const auto* url :
       {"https://example.com/", "http://example.com:80/", "https://example.com:443/a?b#c",
        "https://EXAMPLE.com./", "https://bücher.de/", "https://xn--p1ai.xn--p1ai/",
        "https://a.b.c.co.uk/", "https://example.xn--p1ai", "http://8.8.8.8/", "https://[2a00::1]/",
        "http://134744072/", "http://0x8.8.010.8/", "https://a_b.example.org/"}) {
    EXPECT_EQ(judge(url), "passed") << url;
  }
}

TEST(UrlRules, RefuseOtherSchemes) {
  for (const auto* url : {"ftp://example.com/", "file:///etc/passwd", "ws://example.com/",
                          "javascript:alert(1)", "data:,x", "gopher://example.com/", "blob:x"}) {
    EXPECT_EQ(judge(url), "SCHEMA_FORBIDDEN by scheme") << url;
  }
}

TEST(UrlRules, RefuseUserInfo) {
  EXPECT_EQ(judge("https://user@example.com/"), "MALFORMED_URL by user info");
  EXPECT_EQ(judge("https://:pw@example.com/"), "MALFORMED_URL by user info");
}

TEST(UrlRules, RefuseOtherPorts) {
  for (const auto* url :
       {"http://example.com:8080/", "https://example.com:22/", "http://8.8.8.8:1/"})
    EXPECT_EQ(judge(url), "PORT_FORBIDDEN by port") << url;
  EXPECT_EQ(judge(rules_of({.ports = {443, 8443}}), "https://example.com:8443/"), "passed");
  EXPECT_EQ(judge(rules_of({.ports = {443, 8443}}), "http://example.com/"),
            "PORT_FORBIDDEN by port");
}

TEST(UrlRules, RefuseLocalNamesBeforeDns) {
  for (const auto* host : {"localhost", "LOCALHOST.", "a.localhost", "printer.local", "x.internal",
                           "metadata.google.internal", "router.home.arpa", "home.arpa", "x.onion",
                           "local", "loc%61lhost", "ｌｏｃａｌｈｏｓｔ"}) {
    EXPECT_EQ(judge("http://" + std::string(host) + "/"), "TLD_FORBIDDEN by local names") << host;
  }
  for (const auto* host : {"com", "intranet", "com."})
    EXPECT_EQ(judge("http://" + std::string(host) + "/"), "TLD_FORBIDDEN by single-label names");
  EXPECT_EQ(judge("http://notlocalhost.com/"), "passed");
  EXPECT_EQ(judge("http://local.example.com/"), "passed");
}

TEST(UrlRules, RefuseEmptyAndOverlongLabels) {
  for (const auto* host : {".example.com", "a..com", "example.com..", "."})
    EXPECT_EQ(judge("http://" + std::string(host) + "/"), "MALFORMED_URL by host name") << host;
  const std::string label(63, 'a');
  EXPECT_EQ(judge("http://" + label + ".com/"), "passed");
  EXPECT_EQ(judge("http://" + label + "a.com/"), "MALFORMED_URL by host name");
  EXPECT_EQ(judge("http://" + label + "." + label + "." + label + "." + label + ".com/"),
            "MALFORMED_URL by host name");
}

TEST(UrlRules, RefuseUnknownTopLevelDomains) {
  EXPECT_EQ(judge("https://example.invalid/"), "TLD_FORBIDDEN by top-level domain");
  EXPECT_EQ(judge("https://example.test/"), "TLD_FORBIDDEN by top-level domain");
  const auto rules = rules_of({.extra_tld = {"test", ".PRÜFUNG"}});
  EXPECT_EQ(judge(rules, "https://example.test/"), "passed");
  EXPECT_EQ(judge(rules, "https://a.prüfung/"), "passed");
}

TEST(UrlRules, KnowTheTopLevelDomainsOfThePublicSuffixList) {
  EXPECT_GT(public_tlds().size(), 1000U);
  EXPECT_TRUE(std::ranges::is_sorted(public_tlds()));
  for (const auto* tld : {"com", "org", "uk", "xn--p1ai", "xn--fiqs8s", "museum", "ck"})
    EXPECT_TRUE(is_public_tld(tld)) << tld;
  for (const auto* tld : {"", "onion", "local", "COM", "co.uk", "рф"})
    EXPECT_FALSE(is_public_tld(tld));
}

TEST(UrlRules, RefuseLongUrls) {
  const auto rules = rules_of({.max_url_bytes = 30});
  EXPECT_EQ(judge(rules, "https://example.com/0123456789"), "passed");
  EXPECT_EQ(judge(rules, "https://example.com/01234567890"), "MALFORMED_URL by length");
}

// Numbers that ordinary parsers accept as an IPv4 address, in any base and grouping.
std::vector<std::string> spellings_of(const IpAddress& address) {
  const auto [a, b, c, d] = bytes_of(address);
  const auto format = [](const char* text, auto... values) {
    char out[64];
    std::snprintf(out, sizeof out, text, values...);
    return std::string(out);
  };
  const unsigned low16 = static_cast<unsigned>(c) << 8 | d;
  const unsigned low24 = static_cast<unsigned>(b) << 16 | low16;
  const unsigned all = static_cast<unsigned>(a) << 24 | low24;
  std::string wide;
  for (const char ch : address.to_string()) {
    // Full-width forms: U+FF10 to U+FF19 and the ideographic full stop U+3002.
    if (ch == '.')
      wide += "\xE3\x80\x82";
    else
      wide += std::string("\xEF\xBC") + static_cast<char>(0x90 + (ch - '0'));
  }
  std::vector<std::string> out = {
      address.to_string(),
      address.to_string() + ".",
      format("%u", all),
      format("0%o", all),
      format("0x%x", all),
      format("0X%08X", all),
      format("%u.%u", unsigned{a}, low24),
      format("%u.%u.%u", unsigned{a}, unsigned{b}, low16),
      format("0%o.0%o.0%o.0%o", a, b, c, d),
      format("0000%o.0%o.%u.0x%x", a, b, unsigned{c}, unsigned{d}),
      format("0x%x.0x%x.0x%x.0x%x", a, b, c, d),
      format("0x%x.%u", unsigned{a}, low24),
      format("%%3%c", address.to_string()[0]) + address.to_string().substr(1),
      wide};
  for (const auto& embedded : embeddings_of({a, b, c, d}))
    out.push_back("[" + embedded.to_string() + "]");
  out.push_back(format("[::ffff:%x:%x]", unsigned{a} << 8 | b, low16));
  out.push_back("[::ffff:" + address.to_string() + "]");
  out.push_back("[0:0:0:0:0:FFFF:" + address.to_string() + "]");
  out.push_back("[64:ff9b::" + address.to_string() + "]");
  return out;
}

TEST(UrlRules, RefuseEveryRangeAtItsBordersInEverySpelling) {
  int tried = 0;
  for (const auto& special : kSpecialV4) {
    for (const auto& border : {first_of(special.range), last_of(special.range)}) {
      for (const auto& host : spellings_of(border)) {
        EXPECT_EQ(judge("http://" + host + "/"), "ADDRESS_FORBIDDEN by address") << host;
        ++tried;
      }
    }
  }
  for (const auto& special : kSpecialV6) {
    for (const auto& border : {first_of(special.range), last_of(special.range)})
      EXPECT_EQ(judge("http://[" + border.to_string() + "]/"), "ADDRESS_FORBIDDEN by address");
  }
  EXPECT_GT(tried, 1000);
}

TEST(UrlRules, AllowPublicNeighboursInEveryIpv4Spelling) {
  for (const auto& address : border_neighbours()) {
    if (independently_forbidden(address)) continue;
    if (!address.is_v4()) {
      EXPECT_EQ(judge("http://[" + address.to_string() + "]/"), "passed") << address.to_string();
      continue;
    }
    for (const auto& host : spellings_of(address)) {
      const auto url = url::parse("http://" + host + "/");
      ASSERT_TRUE(url) << host;
      const bool plain = literal_address(*url)->is_v4();
      const bool isatap = host.contains("5efe");
      const auto expected = plain || isatap ? "passed" : "ADDRESS_FORBIDDEN by address";
      EXPECT_EQ(judge("http://" + host + "/"), expected) << host;
    }
  }
}

TEST(UrlRules, TrustAlwaysAllowedHosts) {
  const auto rules = rules_of({.always_allow_hosts = {"localhost", "10.0.0.5", "::1", "*.corp",
                                                      "BÜCHER.test", "only.port.test:81"},
                               .deny = {"localhost/private"}});
  for (const auto* url :
       {"http://localhost:9000/", "http://LOCALHOST./", "http://0xa.5/", "http://[::1]:8080/",
        "https://a.b.corp/", "http://bücher.test/", "http://only.port.test:81/"}) {
    EXPECT_EQ(judge(rules, url), "trusted") << url;
  }
  EXPECT_EQ(judge(rules, "http://a.localhost/"), "TLD_FORBIDDEN by local names");
  EXPECT_EQ(judge(rules, "http://10.0.0.6/"), "ADDRESS_FORBIDDEN by address");
  EXPECT_EQ(judge(rules, "http://only.port.test/"), "TLD_FORBIDDEN by top-level domain");
  EXPECT_EQ(judge(rules, "http://localhost/private/x"), "URL_FORBIDDEN by deny list");
  EXPECT_EQ(judge(rules, "http://u@localhost/"), "MALFORMED_URL by user info");
  EXPECT_EQ(judge(rules, "ftp://localhost/"), "SCHEMA_FORBIDDEN by scheme");
}

TEST(UrlRules, DenyWinsOverAllow) {
  const auto rules =
      rules_of({.allow = {"*.example.com", "example.org/api"}, .deny = {"*.example.com/admin"}});
  EXPECT_EQ(judge(rules, "https://a.example.com/x"), "passed");
  EXPECT_EQ(judge(rules, "https://a.example.com/admin"), "URL_FORBIDDEN by deny list");
  EXPECT_EQ(judge(rules, "https://example.com/"), "URL_FORBIDDEN by allow list");
  EXPECT_EQ(judge(rules, "https://example.org/api?x"), "passed");
  EXPECT_EQ(judge(rules, "https://example.org/apix"), "URL_FORBIDDEN by allow list");
  EXPECT_EQ(judge(rules, "https://other.net/"), "URL_FORBIDDEN by allow list");
}

TEST(UrlRules, AllowListLiftsNoOtherCheck) {
  const auto rules = rules_of({.allow = {"localhost", "127.0.0.1", "example.com:8080"}});
  EXPECT_EQ(judge(rules, "http://localhost/"), "TLD_FORBIDDEN by local names");
  EXPECT_EQ(judge(rules, "http://127.0.0.1/"), "ADDRESS_FORBIDDEN by address");
  EXPECT_EQ(judge(rules, "http://example.com:8080/"), "PORT_FORBIDDEN by port");
}

TEST(UrlRules, SpellingsOfAPathSlipByNeitherList) {
  const auto deny = rules_of({.deny = {"example.com/admin"}});
  for (const auto* path : {"/admin", "/%61dmin", "//admin/x", "/x/..%2fadmin", "/x/%2e%2e/admin",
                           "/.%2fadmin", "/x%5c..%5cadmin", "/adm%69n?y"}) {
    EXPECT_EQ(judge(deny, "https://example.com" + std::string(path)), "URL_FORBIDDEN by deny list")
        << path;
  }
  const auto allow = rules_of({.allow = {"example.com/public/"}});
  EXPECT_EQ(judge(allow, "https://example.com/public/a%20b"), "passed");
  EXPECT_EQ(judge(allow, "https://example.com/public/..%2fadmin"), "URL_FORBIDDEN by allow list");
  EXPECT_EQ(judge(allow, "https://example.com/public/%2e%2e/admin"), "URL_FORBIDDEN by allow list");
}

TEST(UrlRules, JudgeHostAndPortOfATunnel) {
  const auto rules = rules_of();
  EXPECT_TRUE(rules.judge_host("example.com", 443).allowed);
  EXPECT_EQ(rules.judge_host("example.com", 25).code, codes::kPortForbidden);
  EXPECT_EQ(rules.judge_host("127.0.0.1", 443).code, codes::kAddressForbidden);
  EXPECT_EQ(rules.judge_host("[::1]", 443).code, codes::kAddressForbidden);
  EXPECT_EQ(rules.judge_host("a/b", 443).code, codes::kMalformedUrl);
  EXPECT_EQ(rules.judge_host("a@example.com", 443).code, codes::kMalformedUrl);
  EXPECT_EQ(rules.judge_host("", 443).code, codes::kMalformedUrl);
}

TEST(UrlRules, ExplainTheirStepsUpToTheDecidingOne) {
  const auto rules = rules_of();
  const auto steps = rules.explain(*url::parse("http://localhost/"));
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back().rule, UrlRule::local_name);
  EXPECT_FALSE(steps.back().passed);
  EXPECT_EQ(steps.back().text, "the host's name is not a public one: localhost");
  EXPECT_TRUE(std::all_of(steps.begin(), steps.end() - 1, [](const auto& s) { return s.passed; }));
}

TEST(UrlRules, RefusalTellsNothingOfTheInside) {
  const auto url = *url::parse("http://10.1.2.3/secret?token=x");
  const auto error = rules_of().judge(url).error(url);
  EXPECT_FALSE(error.fatal());
  EXPECT_EQ(error.code(), codes::kAddressForbidden);
  EXPECT_EQ(error.to_string(), "ADDRESS_FORBIDDEN: the server's address is not allowed");
  EXPECT_EQ(error.ctx().find("url")->as_string(), "http://10.1.2.3/secret");
}

TEST(UrlRules, CompileRefusesBadEntries) {
  const auto refused = [](UrlRulesConfig config) {
    const auto rules = UrlRules::compile(std::move(config), AddressRules());
    return !rules && rules.error().code() == codes::kInvalidConfig;
  };
  EXPECT_TRUE(refused({.extra_tld = {"a.b"}}));
  EXPECT_TRUE(refused({.extra_tld = {""}}));
  EXPECT_TRUE(refused({.always_allow_hosts = {"http://x"}}));
  EXPECT_TRUE(refused({.allow = {"re:("}}));
  EXPECT_TRUE(refused({.deny = {"ftp://x"}}));
  EXPECT_FALSE(refused({}));
}

}  // namespace
}  // namespace gvm::policy
