#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/test_environment.h"
#include "config/web_policy.h"
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

std::string errors_of(const std::string& text) {
  const auto loaded = load_web_text(text, "c.yaml", test_environment());
  return loaded ? "" : to_string(loaded.error());
}

TEST(LoadWeb, ReadsPolicyProxiesAndRoutes) {
  const auto loaded = load_web_text(R"(
policy:
  ports: [443, 8443]
  allow: ["*.example.com"]
  deny: ["re:.*/admin.*"]
  allow_addresses: [10.20.0.0/16]
  deny_addresses: [8.8.8.8, "2001:200::/32"]
  max_url_bytes: 2KiB
  dns_servers: [127.0.0.1:5353, "[::1]:53", "::1", 9.9.9.9]
  resolve_timeout: 2s
proxies:
  office:
    url: http://proxy.example.com:3128
    username: me
    password: hunter22
  other: socks5://10.0.0.1:1080
routes:
  - hosts: "*.example.com"
    via: direct
    source: if:eth1
  - hosts: [example.org, "https://example.net/api"]
    via: [office, other]
    source: 192.0.2.7
)",
                                    "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  const auto& c = loaded->config;
  EXPECT_EQ(c.policy.ports, (std::vector<int>{443, 8443}));
  EXPECT_EQ(c.policy.resolve_timeout, std::chrono::seconds(2));
  ASSERT_EQ(c.proxies.size(), 2U);
  EXPECT_EQ(c.proxies[0].password.reveal(), "hunter22");
  EXPECT_EQ(c.proxies[1].url, "socks5://10.0.0.1:1080");
  ASSERT_EQ(c.routes.size(), 2U);
  EXPECT_EQ(c.routes[0].hosts, std::vector<std::string>{"*.example.com"});
  EXPECT_EQ(c.routes[1].via, (std::vector<std::string>{"office", "other"}));
  EXPECT_EQ(loaded->secrets.size(), 2U);
  EXPECT_EQ(url_rules_config(c).max_url_bytes, 2048U);
  EXPECT_EQ(address_rules_config(c).allow.front().to_string(), "10.20.0.0/16");
  EXPECT_EQ(address_rules_config(c).deny.size(), 2U);
}

TEST(LoadWeb, TellsEveryWrongEntryOfThePolicyAtItsPlace) {
  const auto errors = errors_of(R"(
extra_tld: [a.b]
always_allow_hosts: ["http://x"]
policy:
  ports: [0]
  allow: ["ftp://x"]
  deny: ["fine.com", "re:("]
  allow_addresses: [10.0.0.1/8]
  dns_servers: [dns.example.com]
)");
  for (const auto* place :
       {"c.yaml:2:12: extra_tld", "c.yaml:3:21: always_allow_hosts", "policy.ports[0]",
        "c.yaml:6:11: policy.allow[0]", "c.yaml:7:22: policy.deny[1]",
        "c.yaml:8:21: policy.allow_addresses[0]", "c.yaml:9:17: policy.dns_servers[0]"}) {
    EXPECT_THAT(errors, testing::HasSubstr(place));
  }
}

TEST(LoadWeb, OriginsAreKeptAsBrowsersWriteThem) {
  const auto loaded = load_web_text(
      "serve: {allowed_origins: ['HTTPS://Example.com:443/', 'http://localhost:8080', "
      "'chrome-extension://abc']}",
      "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->config.common.serve.allowed_origins,
            (std::vector<std::string>{"https://example.com", "http://localhost:8080",
                                      "chrome-extension://abc"}));
  for (const std::string wrong : {"'*'", "'null'", "example.com", "'https://example.com/page'",
                                  "'https://user@example.com'", "'file:///x'", "''", "{a: b}"}) {
    const auto errors = errors_of("serve: {allowed_origins: [" + wrong + "]}");
    EXPECT_THAT(errors, testing::HasSubstr("serve.allowed_origins")) << wrong;
  }
}

TEST(LoadWeb, TellsWhenAListOfTopLevelDomainsIsNone) {
  const auto errors = errors_of("policy: {public_suffix_list: /no/such/list.dat}");
  EXPECT_THAT(errors, testing::HasSubstr("c.yaml:1:30: policy.public_suffix_list"));
  EXPECT_THAT(errors, testing::HasSubstr("there is no such file"));
}

TEST(LoadWeb, IoOfScriptsIsOnOrOff) {
  const auto off = load_web_text("script: {io: off}", "c.yaml", test_environment());
  ASSERT_TRUE(off) << to_string(off.error());
  EXPECT_EQ(off->config.common.script.io, "off");
  EXPECT_EQ(off->config.common.file, "c.yaml");
  EXPECT_THAT(errors_of("script: {io: of}"), testing::HasSubstr("expected one of on, off"));
}

TEST(LoadWeb, RefusesRoutesAndProxiesThatMakeNoSense) {
  const auto with_proxy = [](const std::string& proxy) { return errors_of("proxies: " + proxy); };
  EXPECT_THAT(with_proxy("{a: {url: 'ftp://x'}}"), testing::HasSubstr("proxies.a.url"));
  EXPECT_THAT(with_proxy("{a: {url: 'http://u:p@x'}}"), testing::HasSubstr("credentials"));
  EXPECT_THAT(with_proxy("{a: {url: 'http://x/path'}}"), testing::HasSubstr("proxies.a.url"));
  EXPECT_THAT(with_proxy("{direct: {url: 'http://x'}}"), testing::HasSubstr("direct"));
  EXPECT_THAT(with_proxy("{a: {}}"), testing::HasSubstr("proxies.a.url: missing"));
  const auto with_route = [](const std::string& route) { return errors_of("routes: " + route); };
  EXPECT_THAT(with_route("[{hosts: a.com, via: nobody}]"), testing::HasSubstr("nobody"));
  EXPECT_THAT(with_route("[{via: direct}]"), testing::HasSubstr("routes[0].hosts: missing"));
  EXPECT_THAT(with_route("[{hosts: 'ftp://x'}]"), testing::HasSubstr("routes[0].hosts"));
  EXPECT_THAT(with_route("[{hosts: []}]"), testing::HasSubstr("routes[0].hosts"));
  EXPECT_THAT(with_route("[{hosts: a.com, source: eth0}]"), testing::HasSubstr("routes[0].source"));
  EXPECT_THAT(with_route("[{hosts: a.com, vai: direct}]"), testing::HasSubstr("\"via\""));
  EXPECT_THAT(with_route("{}"), testing::HasSubstr("expected a list"));
}

TEST(LoadWeb, ReadsWhereTheRenderingServiceIsOffered) {
  const auto load = [](const std::string& text) {
    return load_web_text(text, "c.yaml", test_environment());
  };
  const auto alone = load("render_service: {bind_address: 127.0.0.1:4444}");
  ASSERT_TRUE(alone) << to_string(alone.error());
  EXPECT_EQ(alone->config.render_service.bind_address, "127.0.0.1:4444");
  EXPECT_FALSE(alone->config.asks_itself());
  EXPECT_TRUE(load("meta:\n")->config.render_service.bind_address.empty());
  for (const char* both :
       {"webdriver_host: http://127.0.0.1:4444", "webdriver_host: http://localhost:4444/"}) {
    for (const char* own : {"127.0.0.1:4444", "0.0.0.0:4444", "'[::1]:4444'"}) {
      const auto itself = load(std::string(both) + "\nrender_service: {bind_address: " + own + "}");
      ASSERT_TRUE(itself) << both << own << to_string(itself.error());
      EXPECT_TRUE(itself->config.asks_itself());
    }
  }
}

// Sessions' pages, whether the service has other browsers, whether the module starts any.
TEST(LoadWeb, TheRenderingServiceMayHaveOtherBrowsersThanTheSessions) {
  struct Case {
    const char* text;
    bool sessions_have_own, apart, own_browsers;
  };
  const std::string bind = "render_service: {bind_address: 127.0.0.1:4444";
  for (const Case& c : {
           Case{"}", true, false, true},
           Case{"}\nwebdriver_host: http://127.0.0.1:4444", true, false, true},
           Case{"}\nwebdriver_host: http://127.0.0.1:4445", false, true, true},
           Case{"}\nwebdriver_host: http://other:4444", false, true, true},
           Case{"}\nwebdriver_host: http://other:4444\nbrowser: {engine: http}", false, true,
                false},
           Case{", webdriver_host: http://grid:4444/}", true, true, true},
           Case{", webdriver_host: http://grid}\nwebdriver_host: http://other", false, true, false},
       }) {
    const auto loaded = load_web_text(bind + c.text, "c.yaml", test_environment());
    ASSERT_TRUE(loaded) << c.text << to_string(loaded.error());
    EXPECT_EQ(loaded->config.sessions_have_own_browsers(), c.sessions_have_own) << c.text;
    EXPECT_EQ(loaded->config.serves_apart(), c.apart) << c.text;
    EXPECT_EQ(loaded->config.has_own_browsers(), c.own_browsers) << c.text;
  }
}

TEST(LoadWeb, RefusesARenderingServiceThatMakesNoSense) {
  const std::string own = "render_service: {bind_address: 127.0.0.1:4444}\n";
  for (const char* itself : {"http://127.0.0.1:4444", "http://localhost:4444/"})
    EXPECT_THAT(errors_of("render_service: {bind_address: 127.0.0.1:4444, webdriver_host: '" +
                          std::string(itself) + "'}"),
                testing::HasSubstr("leads to the rendering service itself"))
        << itself;
  EXPECT_THAT(errors_of("render_service: {webdriver_host: http://127.0.0.1:4445}"),
              testing::HasSubstr("expected render_service.bind_address too"));
  EXPECT_THAT(errors_of(own.substr(0, own.size() - 2) + ", webdriver_host: 'ftp://grid'}"),
              testing::HasSubstr("render_service.webdriver_host"));
  for (const char* bad : {"4444", "fd://7", "unix://relative", "http://127.0.0.1:4444"})
    EXPECT_THAT(errors_of("render_service: {bind_address: '" + std::string(bad) + "'}"),
                testing::HasSubstr("render_service.bind_address"))
        << bad;
}

TEST(LoadWeb, HttpHasKeysOfItsOwn) {
  const auto loaded = load_web_text("http: {http2: false, min_speed: 1KiB, retry: {attempts: 1}}",
                                    "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_FALSE(loaded->config.common.http.web.http2);
  EXPECT_EQ(loaded->config.common.http.web.min_speed, 1024U);
  EXPECT_EQ(loaded->config.common.http.web.retry.attempts, 1);
  EXPECT_FALSE(load_llm_text("http: {http2: false}", "c.yaml", test_environment(),
                             {EmptyBackends::allow, Strictness::strict}));
}

}  // namespace
}  // namespace gvm::config
