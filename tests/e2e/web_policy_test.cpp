// The address policy end to end: a scripted DNS server, sinks on aliases of loopback that count
// connections, and a policy that treats 127.0.0.1 as public. Forbidden: zero connections.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "e2e/web.h"
#include "support/dns_server.h"
#include "support/http_server.h"
#include "support/proxy_server.h"

namespace gvm::e2e {
namespace {

namespace asio = boost::asio;
using test::DnsServer;
using test::HttpServer;
using test::ProxyServer;

// Listens and never answers.
class Sink {
 public:
  Sink(const std::string& address, std::uint16_t port)
      : acceptor_(context_, {asio::ip::make_address(address), port}) {
    acceptor_.non_blocking(true);
  }
  std::size_t connections() {
    std::size_t count = 0;
    boost::system::error_code nobody;
    while (true) {
      asio::ip::tcp::socket socket(context_);
      acceptor_.accept(socket, nobody);
      if (nobody) return count;
      ++count;
    }
  }

 private:
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
};

HttpServer::Handler hello() {
  return [](const HttpServer::Request&) -> HttpServer::Reply { return {.body = "hello"}; };
}

constexpr const char* kLoopbackIsPublic = "allow_addresses: [127.0.0.1]";

// One "public" server at 127.0.0.1, forbidden sinks at its port elsewhere.
struct WebPolicy : testing::Test {
  struct Settings {
    std::string policy = kLoopbackIsPublic;
    std::string ports = {};  // beside the server's
    std::string more = {};   // further lines of YAML
  };
  ModuleOptions options(const DnsServer& dns, const Settings& settings) const {
    return {.program = "genvm-web",
            .more =
                "browser: {engine: http}\nhttp: {dns_cache: 0, retry: {attempts: 1}}\n"
                "policy: {ports: [" +
                std::to_string(server.port()) + settings.ports + "], dns_servers: [\"" +
                dns.address() + "\"], " + settings.policy + "}\n" + settings.more};
  }
  ModuleOptions options(const DnsServer& dns) const { return options(dns, Settings{}); }
  std::string url(const std::string& host) const {
    return "http://" + host + ":" + std::to_string(server.port()) + "/";
  }
  std::size_t at_sinks() { return sink2.connections() + sink9.connections() + sink6.connections(); }

  HttpServer server{hello()};
  Sink sink2{"127.0.0.2", server.port()};
  Sink sink9{"127.9.9.9", server.port()};
  Sink sink6{"::1", server.port()};
};

DnsServer::Handler always(std::vector<std::string> addresses) {
  return [addresses](const DnsServer::Question&) -> DnsServer::Reply {
    return {.addresses = addresses, .ttl = 0};
  };
}

constexpr const char* kForbidden = "UserError ADDRESS_FORBIDDEN";

TEST_F(WebPolicy, NoSpellingOfAForbiddenAddressIsDialled) {
  const DnsServer dns(always({}));
  const Module module(options(dns));
  GenVm genvm(module.port());
  for (const auto* host : {"127.0.0.2",
                           "2130706434",
                           "0x7f000002",
                           "0x7F.2",
                           "0177.0.0.2",
                           "0177.0x0.02",
                           "127.2",
                           "127.0.2",
                           "127.0.0.2.",
                           "%3127.0.0.2",
                           "１２７。０。０。２",
                           "[::1]",
                           "[0:0::0:1]",
                           "[::ffff:127.0.0.2]",
                           "[::ffff:7f00:2]",
                           "[::127.0.0.2]",
                           "[64:ff9b::7f00:2]",
                           "[2002:7f00:2::1]",
                           "[2001::1:0:80ff:fffd]",
                           "[fe80::5efe:7f00:2]",
                           "0.0.0.0",
                           "0",
                           "[::]"}) {
    const auto reply = genvm.ask(get(url(host)));
    EXPECT_EQ(reply.outcome(), kForbidden) << host << " " << reply.shown;
  }
  EXPECT_EQ(at_sinks(), 0U);
  EXPECT_EQ(dns.question_count(), 0U);
  EXPECT_EQ(genvm.ask(get(url("127.0.0.1"))).outcome(), "Ok");
}

TEST_F(WebPolicy, NamesThatAreNotPublicAreNotEvenAskedFor) {
  const DnsServer dns(always({"127.0.0.1"}));
  const Module module(options(dns));
  GenVm genvm(module.port());
  for (const auto* host : {"localhost", "x.localhost.", "a.internal", "a.local", "intranet",
                           "router.home.arpa", "x.onion", "a.notatld"}) {
    EXPECT_EQ(genvm.ask(get(url(host))).outcome(), "UserError TLD_FORBIDDEN") << host;
  }
  EXPECT_EQ(dns.question_count(), 0U);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(WebPolicy, ForbiddenAnswersOfTheNameServiceAreNotDialled) {
  std::string answer;
  const DnsServer dns([&](const DnsServer::Question& q) -> DnsServer::Reply {
    const auto name = q.name.substr(0, q.name.find('.'));
    if (name == "four") return {.addresses = {"127.0.0.2", "127.9.9.9"}};
    if (name == "six") return {.addresses = {"::1"}};
    if (name == "mapped") return {.addresses = {"::ffff:127.0.0.2"}};
    if (name == "nat") return {.addresses = {"64:ff9b::7f00:2"}};
    if (name == "zero") return {.addresses = {"0.0.0.0", "::"}};
    return {.addresses = {"127.0.0.2"}, .alias = "localhost"};
  });
  const Module module(options(dns));
  GenVm genvm(module.port());
  for (const auto* host : {"four.example.com", "six.example.com", "mapped.example.com",
                           "nat.example.com", "zero.example.com", "alias.example.com"}) {
    const auto reply = genvm.ask(get(url(host)));
    EXPECT_EQ(reply.outcome(), kForbidden) << host << " " << reply.shown;
    EXPECT_EQ(reply.shown.find("127."), std::string::npos) << "a refusal tells nothing";
  }
  EXPECT_EQ(at_sinks(), 0U);
}

TEST_F(WebPolicy, OfAMixedAnswerOnlyTheAllowedAddressIsDialled) {
  const DnsServer dns(always({"127.0.0.2", "::1", "127.0.0.1", "127.9.9.9"}));
  const Module module(options(dns));
  GenVm genvm(module.port());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(body_of(genvm.ask(get(url("mixed.example.com")))), "hello");
  EXPECT_EQ(at_sinks(), 0U);
}

TEST_F(WebPolicy, RebindingIsRefusedAndThePooledConnectionStaysUnused) {
  const DnsServer dns([](const DnsServer::Question& q) -> DnsServer::Reply {
    return {.addresses = {q.number == 0 ? "127.0.0.1" : "127.0.0.2"}, .ttl = 0};
  });
  const Module module(options(dns));
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get(url("rebind.example.com"))).outcome(), "Ok");
  EXPECT_EQ(genvm.ask(get(url("rebind.example.com"))).outcome(), kForbidden);
  EXPECT_EQ(genvm.ask(get(url("rebind.example.com"))).outcome(), kForbidden);
  EXPECT_EQ(server.request_count(), 1U);
  EXPECT_EQ(at_sinks(), 0U);
}

TEST_F(WebPolicy, RedirectsToForbiddenPlacesEndThere) {
  const auto port = std::to_string(server.port());
  std::vector<std::string> targets = {
      "http://127.0.0.2:" + port + "/",   "//127.9.9.9:" + port + "/",
      "http://[::1]:" + port + "/",       "http://0x7f.2:" + port + "/",
      "http://inner.example.com:" + port, "http://localhost:" + port + "/",
      "http://u@127.0.0.1:" + port + "/", "file:///etc/passwd"};
  HttpServer redirecting([&](const HttpServer::Request& request) -> HttpServer::Reply {
    return {.status = 302,
            .headers = {{"Location", targets[std::stoul(request.target.substr(1))]}}};
  });
  const DnsServer dns(always({"127.0.0.2"}));
  const Module module(options(dns, {.ports = ", " + std::to_string(redirecting.port())}));
  GenVm genvm(module.port());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto reply = genvm.ask(get(redirecting.url("/" + std::to_string(i))));
    EXPECT_FALSE(reply.ok()) << targets[i] << " " << reply.shown;
    EXPECT_NE(body_of(reply), "hello");
  }
  EXPECT_EQ(at_sinks(), 0U);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(WebPolicy, FailuresOfTheNameServiceAreRefusalsToo) {
  const DnsServer dns([](const DnsServer::Question& q) -> DnsServer::Reply {
    if (q.name.starts_with("none")) return {.rcode = 3};
    if (q.name.starts_with("broken")) return {.rcode = 2};
    return {};
  });
  const Module module(options(dns));
  GenVm genvm(module.port());
  for (const auto* host : {"none.example.com", "broken.example.com", "empty.example.com"})
    EXPECT_EQ(genvm.ask(get(url(host))).outcome(), "UserError SENDING_REQUEST") << host;
  EXPECT_EQ(at_sinks(), 0U);
}

TEST_F(WebPolicy, AProxyIsAskedOnlyForAddressesThatPass) {
  const ProxyServer proxy;
  const DnsServer dns([](const DnsServer::Question& q) -> DnsServer::Reply {
    return {.addresses = {q.name.starts_with("inner") ? "127.0.0.2" : "127.0.0.1"}};
  });
  const Module module(options(
      dns, {.more = "proxies: {p: \"" + proxy.url() + "\"}\nroutes: [{hosts: \"*\", via: p}]\n"}));
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(get(url("inner.example.com"))).outcome(), kForbidden);
  EXPECT_EQ(genvm.ask(get(url("127.0.0.2"))).outcome(), kForbidden);
  EXPECT_EQ(proxy.connections(), 0U);
  EXPECT_EQ(body_of(genvm.ask(get(url("outer.example.com")))), "hello");
  ASSERT_EQ(proxy.seen().size(), 1U);
  EXPECT_EQ(proxy.seen().front().destination, "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(at_sinks(), 0U);
}

TEST_F(WebPolicy, DenyListWinsAndTrustedHostsSkipTheAddressCheck) {
  const DnsServer dns(always({"127.0.0.2"}));
  const Module module(
      options(dns, {.policy = "deny: [127.0.0.1/private]",
                    .more = "always_allow_hosts: [\"127.0.0.1\", \"localhost\"]\n"}));
  GenVm genvm(module.port());
  EXPECT_EQ(body_of(genvm.ask(get(url("127.0.0.1")))), "hello");
  EXPECT_EQ(genvm.ask(get(url("127.0.0.1") + "%70rivate/x")).outcome(), "UserError URL_FORBIDDEN");
  EXPECT_EQ(genvm.ask(get(url("127.0.0.2"))).outcome(), kForbidden);
}

std::uint16_t free_port() {
  asio::io_context context;
  const asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
  return acceptor.local_endpoint().port();
}

TEST_F(WebPolicy, TheModulesOwnPortIsForbiddenWhereItsAddressIsAllowed) {
  const DnsServer dns(always({"127.0.0.1"}));
  const auto own = std::to_string(free_port());
  auto with = options(dns, {.ports = ", " + own});
  with.bind_address = "127.0.0.1:" + own;
  const Module module(with);
  GenVm genvm(module.port());
  for (const auto* host : {"127.0.0.1", "0x7f000001", "own.example.com"}) {
    const auto to_itself = "http://" + std::string(host) + ":" + own + "/metrics";
    EXPECT_EQ(genvm.ask(get(to_itself)).outcome(), kForbidden) << host;
  }
  EXPECT_EQ(body_of(genvm.ask(get(url("own.example.com")))), "hello");
}

TEST_F(WebPolicy, RoutesChooseTheWayAndAFailedProxyIsFollowedByTheNext) {
  const ProxyServer proxy;
  const ProxyServer refusing({.refuse_with = 503});
  const DnsServer dns(always({"127.0.0.1"}));
  const Module module(options(
      dns, {.more = "proxies: {good: \"" + proxy.socks_url() + "\", bad: \"" + refusing.url() +
                    "\"}\nroutes:\n"
                    "  - {hosts: \"*.proxied.com\", via: [bad, good]}\n"
                    "  - {hosts: \"*.direct.com\", via: direct, source: 127.0.0.1}\n"}));
  GenVm genvm(module.port());
  EXPECT_EQ(body_of(genvm.ask(get(url("www.direct.com")))), "hello");
  EXPECT_EQ(body_of(genvm.ask(get(url("www.other.com")))), "hello");
  EXPECT_EQ(proxy.connections() + refusing.connections(), 0U);
  EXPECT_EQ(body_of(genvm.ask(get(url("a.proxied.com")))), "hello");
  EXPECT_EQ(body_of(genvm.ask(get(url("b.proxied.com")))), "hello");
  EXPECT_GE(proxy.seen().size(), 1U);
}

struct ExplainUrl : testing::Test {
  test::Finished run(std::vector<std::string> arguments) {
    std::vector<std::string> command = {program("genvm-modules"), "explain-url", "--config",
                                        config};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return test::run_program(command);
  }

  TempFolder folder;
  std::string config = folder.write("web.yaml",
                                    "always_allow_hosts: [inner.test]\n"
                                    "policy: {deny: [\"*.example.org\"]}\n"
                                    "proxies: {office: \"http://127.0.0.1:1\"}\n"
                                    "routes: [{hosts: www.example.com, via: office}]\n");
};

TEST_F(ExplainUrl, NamesTheRuleThatDecides) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"ftp://example.com/", "refused: scheme (SCHEMA_FORBIDDEN)"},
      {"http://a.example.org/", "refused: deny list (URL_FORBIDDEN)"},
      {"http://localhost/", "refused: local names (TLD_FORBIDDEN)"},
      {"http://example.com:8080/", "refused: port (PORT_FORBIDDEN)"},
      {"http://0x7f.1/", "refused: address (ADDRESS_FORBIDDEN)"},
      {"http://x.invalid/", "refused: top-level domain (TLD_FORBIDDEN)"},
      {"not a url", "refused: MALFORMED_URL"}};
  for (const auto& [url, conclusion] : refused) {
    const auto result = run({url});
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_NE(result.out.find(conclusion), std::string::npos) << result.out;
  }
}

TEST_F(ExplainUrl, JudgesGivenAddressesAndNamesTheWay) {
  const auto result = run({"https://www.example.com/", "--resolve", "93.184.216.34,10.0.0.1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const auto* part : {"93.184.216.34 passes: public",
                           "10.0.0.1 is refused: special-purpose range 10.0.0.0/8 (private)",
                           "proxy office by address", "allowed: "}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part << " in\n" << result.out;
  }
  EXPECT_EQ(run({"https://www.example.com/", "--resolve", "10.0.0.1,::1"}).exit_code, 1);
  EXPECT_EQ(run({"https://www.example.com/", "--resolve", "nonsense"}).exit_code, 64);
  EXPECT_EQ(run({"http://inner.test:9/"}).exit_code, 0);
}

TEST_F(ExplainUrl, AsksTheNameServiceOnlyWhenTold) {
  const DnsServer dns(always({"10.0.0.1"}));
  config = folder.write("dns.yaml", "policy: {dns_servers: [\"" + dns.address() + "\"]}\n");
  EXPECT_EQ(run({"https://www.example.com/"}).exit_code, 0);
  EXPECT_EQ(dns.question_count(), 0U);
  const auto asked = run({"https://www.example.com/", "--dns"});
  EXPECT_EQ(asked.exit_code, 1);
  EXPECT_NE(asked.out.find("no address of its name passes"), std::string::npos) << asked.out;
  EXPECT_GT(dns.question_count(), 0U);
}

}  // namespace
}  // namespace gvm::e2e
