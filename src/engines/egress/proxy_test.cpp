// What is allowed, what is refused, and what would be dialled.
#include "egress/test_proxy.h"

namespace gvm::egress {
namespace {

using test::HttpServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

HttpServer::Handler answering(HttpServer::Reply reply) {
  return [reply](const HttpServer::Request&) { return reply; };
}

TEST_F(ProxyFixture, ClosedSlotRefusesEverythingAndDialsNothing) {
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
  EXPECT_EQ(ask(get("http://public.example.com/")), kRefused);
  EXPECT_THAT(dialer.dialled, IsEmpty());
  EXPECT_THAT(resolver.asked, IsEmpty());
  EXPECT_EQ(slot->usage().refusals, 2U);
}

TEST_F(ProxyFixture, TunnelsToTheAddressItHasJudged) {
  const HttpServer server(answering({.body = "through"}));
  dialer.port = server.port();
  open();
  const auto socket = connect();
  EXPECT_EQ(exchange(*socket, connect_to("public.example.com:443"), "\r\n\r\n"),
            "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_THAT(exchange(*socket, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", "through"),
              HasSubstr("through"));
  EXPECT_THAT(dialer.dialled, ElementsAre("93.184.216.34|443"));
  const auto usage = slot->close();
  EXPECT_EQ(usage.dialled, 1U);
  EXPECT_GT(usage.bytes_in, 7U);
  EXPECT_GT(usage.bytes_out, 20U);
}

TEST_F(ProxyFixture, PassesOnWhatCameTogetherWithConnect) {
  const HttpServer server(answering({.body = "early"}));
  dialer.port = server.port();
  open();
  const auto socket = connect();
  EXPECT_THAT(
      exchange(*socket, connect_to("public.example.com:443") + "GET /x HTTP/1.1\r\nHost: h\r\n\r\n",
               "early"),
      HasSubstr("early"));
}

struct Forbidden {
  const char* name;
  std::string request;
  std::vector<std::string> answer = {};  // of the name host.example.com
};
void PrintTo(const Forbidden& row, std::ostream* out) {
  *out << row.name;
}

struct Refusals : ProxyFixture, testing::WithParamInterface<Forbidden> {};

TEST_P(Refusals, AreAllTheSameAndDialNothing) {
  resolver.names["host.example.com"] = GetParam().answer;
  open();
  EXPECT_EQ(ask(GetParam().request), kRefused);
  EXPECT_THAT(dialer.dialled, IsEmpty());
  EXPECT_EQ(slot->usage().refusals, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Egress, Refusals,
    testing::Values(
        Forbidden{"Loopback", connect_to("127.0.0.1:443")},
        Forbidden{"LoopbackPlain", get("http://127.0.0.1/")},
        Forbidden{"LoopbackShort", get("http://127.1/")},
        Forbidden{"LoopbackDecimal", get("http://2130706433/")},
        Forbidden{"LoopbackHex", get("http://0x7f000001/")},
        Forbidden{"LoopbackOctal", get("http://0177.0.0.1/")},
        Forbidden{"LoopbackSix", connect_to("[::1]:443")},
        Forbidden{"LoopbackMapped", connect_to("[::ffff:127.0.0.1]:443")},
        Forbidden{"Unspecified", get("http://0/")}, Forbidden{"Private", get("http://10.0.0.1/")},
        Forbidden{"Metadata", get("http://169.254.169.254/latest/meta-data/")},
        Forbidden{"Nat64", connect_to("[64:ff9b::7f00:1]:443")},
        Forbidden{"Localhost", get("http://localhost/")},
        Forbidden{"LocalName", get("http://printer.local/")},
        Forbidden{"SingleLabel", connect_to("intranet:443")},
        Forbidden{"UnknownTld", connect_to("host.notatld:443")},
        Forbidden{"Port", connect_to("host.example.com:22"), {"93.184.216.34"}},
        Forbidden{"DriverPort", get("http://127.0.0.1:9515/session")},
        Forbidden{"NameOfLoopback", connect_to("host.example.com:443"), {"127.0.0.1"}},
        Forbidden{"NameOfPrivates", get("http://host.example.com/"), {"10.1.1.1", "fd00::1"}},
        Forbidden{"UnknownName", get("http://nowhere.example.com/")},
        Forbidden{"Https", get("https://host.example.com/"), {"93.184.216.34"}},
        Forbidden{"Ftp", get("ftp://host.example.com/"), {"93.184.216.34"}},
        Forbidden{"File", get("file:///etc/passwd")}, Forbidden{"OriginForm", get("/etc/passwd")},
        Forbidden{"UserInfo", get("http://a:b@host.example.com/"), {"93.184.216.34"}},
        Forbidden{"TunnelWithPath", connect_to("host.example.com:443/x"), {"93.184.216.34"}},
        Forbidden{"TunnelWithUserInfo", connect_to("a@host.example.com:443"), {"93.184.216.34"}},
        Forbidden{"TunnelWithoutPort", connect_to("host.example.com"), {"93.184.216.34"}},
        Forbidden{"NoHttp", "\x16\x03\x01\x02\r\n\r\n"}),
    [](const auto& row) { return row.param.name; });

TEST_F(ProxyFixture, DialsOnlyTheUsableAddressesOfAName) {
  const HttpServer server(answering({.body = "ok"}));
  dialer.port = server.port();
  resolver.names["mixed.example.com"] = {"10.0.0.1", "93.184.216.34", "::1"};
  open();
  EXPECT_THAT(ask(get("http://mixed.example.com/")), HasSubstr("ok"));
  EXPECT_THAT(dialer.dialled, ElementsAre("93.184.216.34|80"));
}

TEST_F(ProxyFixture, JudgesEveryAnswerOfANameThatIsRebound) {
  const HttpServer server(answering({.body = "ok"}));
  dialer.port = server.port();
  open();
  EXPECT_THAT(ask(get("http://public.example.com/")), HasSubstr("ok"));
  resolver.names["public.example.com"] = {"127.0.0.1"};
  EXPECT_EQ(ask(get("http://public.example.com/")), kRefused);
  EXPECT_EQ(dialer.dialled.size(), 1U);
}

TEST_F(ProxyFixture, TrustedHostIsReachedAnywhereButAtAnOwnListener) {
  const HttpServer server(answering({.body = "ok"}));
  dialer.port = server.port();
  policy::UrlRulesConfig rules;
  rules.always_allow_hosts = {"127.0.0.1"};
  policy::AddressRulesConfig addresses;
  addresses.listeners = {{*policy::IpAddress::parse("127.0.0.1"), 3031}};
  addresses.own = {*policy::IpAddress::parse("127.0.0.1")};
  open(rules, {}, addresses);
  EXPECT_THAT(ask(get("http://127.0.0.1:8080/")), HasSubstr("ok"));
  EXPECT_EQ(ask(get("http://127.0.0.1:3031/")), kRefused);
  EXPECT_THAT(dialer.dialled, ElementsAre("127.0.0.1|8080"));
}

TEST_F(ProxyFixture, RefusedDestinationsAreKeptForTheOperator) {
  open();
  for (int i = 0; i < 20; ++i) ask(get("http://127.0.0.1/"));
  const auto usage = slot->close();
  EXPECT_EQ(usage.refusals, 20U);
  ASSERT_EQ(usage.refused.size(), SlotUsage::kMaxRefused);
  EXPECT_EQ(usage.refused[0].destination, "127.0.0.1:80");
  EXPECT_EQ(usage.refused[0].reason, RefusalReason::rules);
  EXPECT_EQ(proxy.stats().refusals, 20U);
}

TEST_F(ProxyFixture, PlainRequestsAreWrittenAnew) {
  const HttpServer server(answering({.headers = {{"Alt-Svc", "h3=\":443\""}}, .body = "ok"}));
  dialer.port = server.port();
  open();
  const auto answer = ask(get("http://public.example.com/a?b#c",
                              "Proxy-Connection: keep-alive\r\nConnection: keep-alive, X-Secret\r\n"
                              "X-Secret: 1\r\nUpgrade: h2c\r\nX-Kept: yes\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Alt-Svc")));
  const auto request = server.last_request();
  EXPECT_EQ(request.target, "/a?b");
  EXPECT_EQ(request.header("host"), "public.example.com");
  EXPECT_EQ(request.header("x-kept"), "yes");
  EXPECT_EQ(request.header("connection"), "close");
  for (const auto* name : {"x-secret", "upgrade", "proxy-connection"})
    EXPECT_EQ(request.header(name), "") << name;
}

TEST_F(ProxyFixture, BodiesPassBothWays) {
  const HttpServer server([](const HttpServer::Request& request) {
    HttpServer::Reply reply;
    reply.body = request.body;
    return reply;
  });
  dialer.port = server.port();
  open();
  const std::string body(3 * kMiB, 'b');
  const std::string answer =
      ask("POST http://public.example.com/ HTTP/1.1\r\nHost: x\r\n"
          "Content-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_TRUE(answer.ends_with(body));
}

TEST_F(ProxyFixture, ChunkedBodiesStayChunked) {
  asio::ip::tcp::acceptor acceptor(io, Endpoint(asio::ip::address_v4::loopback(), 0));
  dialer.port = acceptor.local_endpoint().port();
  open();
  const auto client = connect();
  asio::write(*client, asio::buffer(std::string(
                           "POST http://public.example.com/ HTTP/1.1\r\nHost: x\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")));
  Socket server(io);
  bool accepted = false;
  acceptor.async_accept(server, [&](auto error) { accepted = !error; });
  ASSERT_TRUE(until([&] { return accepted; }));
  const std::string request = read(server, "0\r\n\r\n");
  EXPECT_THAT(request, StartsWith("POST / HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(request, HasSubstr("abc"));
  EXPECT_THAT(request, HasSubstr("de"));
}

TEST_F(ProxyFixture, OneConnectionCarriesOneRequest) {
  const HttpServer server(answering({.body = "ok"}));
  dialer.port = server.port();
  open();
  ask(get("http://public.example.com/first") + get("http://public.example.com/second"));
  EXPECT_EQ(server.request_count(), 1U);
}

TEST_F(ProxyFixture, AnswersOfThisProxyAreNotForgedByServers) {
  const HttpServer server(
      answering({.status = 407, .headers = {{"Proxy-Authenticate", "Basic"}}, .body = "login"}));
  dialer.port = server.port();
  open();
  EXPECT_EQ(ask(get("http://public.example.com/")), "");
}

TEST_F(ProxyFixture, HeadHasNoBody) {
  const HttpServer server(answering({.body = ""}));
  dialer.port = server.port();
  open();
  EXPECT_THAT(ask("HEAD http://public.example.com/ HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(ProxyFixture, AnAddressThatFailsIsRefusedAsAnyOther) {
  dialer.refusing = {"93.184.216.34"};
  open();
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
  EXPECT_EQ(slot->usage().refused.at(0).reason, RefusalReason::connect);
}

TEST_F(ProxyFixture, TheNextAddressIsTriedWhenTheFirstHangs) {
  const HttpServer server(answering({.body = "ok"}));
  dialer.port = server.port();
  resolver.names["two.example.com"] = {"2606:2800:220::1", "93.184.216.34"};
  dialer.hanging = {"2606:2800:220::1"};
  open();
  EXPECT_THAT(ask(get("http://two.example.com/")), HasSubstr("ok"));
  EXPECT_THAT(dialer.dialled, ElementsAre("2606:2800:220::1|80", "93.184.216.34|80"));
  EXPECT_TRUE(until([&] { return dialer.cancelled == 1; }));
}

}  // namespace
}  // namespace gvm::egress
