// Where connections go: pinned addresses, proxies, local addresses, Unix sockets.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <thread>

#include "net/test_http_client.h"
#include "support/certificate.h"
#include "support/proxy_server.h"

namespace gvm::net {
namespace {

using test::ProxyServer;

Addresses addresses(const std::vector<std::string>& texts) {
  Addresses out;
  for (const auto& text : texts) out.push_back(asio::ip::make_address(text));
  return out;
}

// A URL with a name that does not resolve, at the server's port.
std::string named(const HttpServer& server, const std::string& path = "/") {
  return "http://www.example.com:" + std::to_string(server.port()) + path;
}

HttpRequest pinned(std::string url, const std::vector<std::string>& to) {
  auto request = get(std::move(url));
  request.pinned_addresses = addresses(to);
  return request;
}

HttpRequest by(const std::string& proxy, HttpRequest request) {
  request.proxy = HttpProxy{.url = proxy, .username = {}, .password = {}, .filters = false};
  return request;
}

// Listens on another loopback address and counts connections; it never answers.
class Sink {
 public:
  Sink(const std::string& address, std::uint16_t port)
      : acceptor_(context_, {asio::ip::make_address(address), port}) {}
  std::size_t connections() {
    acceptor_.non_blocking(true);
    std::size_t count = 0;
    boost::system::error_code nobody;
    while (true) {
      asio::ip::tcp::socket socket(context_);
      acceptor_.accept(socket, nobody);
      if (nobody) return count;
      ++count;
    }
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
};

struct HttpPins : ClientFixture {};

TEST_F(HttpPins, AreDialledInPlaceOfTheName) {
  const HttpServer server(always({.body = "here"}));
  const auto answer = send(pinned(named(server), {"127.0.0.1"}));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "here");
  EXPECT_EQ(server.last_request().header("host"),
            "www.example.com:" + std::to_string(server.port()));
}

TEST_F(HttpPins, SeveralAreTriedUntilOneAnswers) {
  const HttpServer server(always({}));
  const auto request = pinned(named(server), {"::1", "127.0.0.9", "127.0.0.1"});
  EXPECT_EQ(verdict(send(request)), "status 200");
}

TEST_F(HttpPins, ConnectionsAreReusedForTheSamePinsOnly) {
  const HttpServer server(always({}));
  const auto two = std::vector<std::string>{"127.0.0.1", "127.0.0.9"};
  for (const auto& pins : {std::vector<std::string>{"127.0.0.1"}, two}) {
    EXPECT_FALSE(send(pinned(named(server), pins))->reused_connection);
    EXPECT_TRUE(send(pinned(named(server), pins))->reused_connection);
  }
  EXPECT_TRUE(send(pinned(named(server), {"127.0.0.9", "127.0.0.1"}))->reused_connection);
  EXPECT_EQ(server.connections(), 2U);
}

// DNS rebinding: the address of the name changes between two requests, and a connection to the
// first address is in the pool.
TEST_F(HttpPins, APooledConnectionToAnotherAddressIsNotUsed) {
  const HttpServer server(always({}));
  EXPECT_EQ(verdict(send(pinned(named(server), {"127.0.0.1"}))), "status 200");
  Sink moved("127.0.0.8", server.port());
  auto request = pinned(named(server), {"127.0.0.8"});
  request.timeouts.first_byte = milliseconds(100);
  EXPECT_EQ(timeout_verdict(send(std::move(request))), "DEADLINE_EXCEEDED/first_byte");
  EXPECT_EQ(moved.connections(), 1U);
  EXPECT_EQ(server.request_count(), 1U);
}

TEST_F(HttpPins, HoldForManyRequestsAtOnce) {
  const HttpServer server(always({}));
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 60; ++i) {
    const auto other = "127.0.1." + std::to_string(i + 1);
    requests.push_back(pinned(named(server), {other, "127.0.0.1"}));
  }
  for (const auto& answer : send_all(std::move(requests))) EXPECT_EQ(verdict(answer), "status 200");
}

TEST(HttpPinsUnderPolicy, NothingIsDialledWhenOneIsForbidden) {
  Sink sink("127.0.0.7", 0);
  const auto url = "http://www.example.com:" + std::to_string(sink.port()) + "/";
  HttpClientOptions options;
  options.allow_address = [](const sockaddr&) { return false; };
  FreeClient client(options);
  for (const auto& pins : {std::vector<std::string>{"127.0.0.7"}, {"127.0.0.7", "::1"}}) {
    const auto answer = client.send(pinned(url, pins));
    EXPECT_EQ(verdict(answer), "ADDRESS_FORBIDDEN/address");
    EXPECT_FALSE(answer.error().request_sent);
  }
  EXPECT_EQ(sink.connections(), 0U);
}

TEST(HttpPinsOverTls, TheNameIsWhatTheCertificateMustHave) {
  const auto authority = test::make_authority("Pins");
  const auto certificate = test::make_certificate(authority, "www.example.com");
  const HttpServer server(always({.body = "sealed"}),
                          {.certificate_pem = certificate.pem, .key_pem = certificate.key_pem});
  const std::string file = testing::TempDir() + "pins-" + std::to_string(server.port()) + ".pem";
  std::FILE* out = std::fopen(file.c_str(), "w");
  std::fputs(authority.pem.c_str(), out);
  std::fclose(out);
  HttpClientOptions options;
  options.ca_file = file;
  FreeClient client(options);
  const auto port = std::to_string(server.port());
  EXPECT_EQ(verdict(client.send(pinned("https://www.example.com:" + port, {"127.0.0.1"}))),
            "status 200");
  EXPECT_EQ(
      verdict(client.send(pinned("https://www.example.com:" + port, {"127.0.0.1", "127.0.0.9"}))),
      "status 200");
  const auto wrong = client.send(pinned("https://other.example.com:" + port, {"127.0.0.1"}));
  EXPECT_EQ(verdict(wrong), "SENDING_REQUEST/tls");
  EXPECT_EQ(text_of(wrong.error(), "tls"), "wrong_host");
  const auto proxied = ProxyServer();
  EXPECT_EQ(verdict(client.send(
                by(proxied.url(), pinned("https://www.example.com:" + port, {"93.184.216.34"})))),
            "status 200");
  EXPECT_EQ(proxied.seen().front().destination, "93.184.216.34:" + port);
  std::remove(file.c_str());
}

struct HttpProxies : ClientFixture {};

TEST_F(HttpProxies, AreGivenTheAddressAndNotTheName) {
  const HttpServer server(always({.body = "through"}));
  const ProxyServer proxy;
  auto request = by(proxy.url(), pinned(named(server), {"93.184.216.34"}));
  request.headers = {{"x-inner", "1"}};
  const auto answer = send(std::move(request));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "through");
  ASSERT_EQ(proxy.seen().size(), 1U);
  const auto seen = proxy.seen().front();
  EXPECT_EQ(seen.method + " " + seen.destination,
            "CONNECT 93.184.216.34:" + std::to_string(server.port()));
  EXPECT_FALSE(seen.head.contains("x-inner"));
  EXPECT_EQ(server.last_request().header("x-inner"), "1");
  EXPECT_EQ(server.last_request().header("host"),
            "www.example.com:" + std::to_string(server.port()));
}

TEST_F(HttpProxies, ThatFilterAreGivenTheName) {
  const HttpServer server(always({.body = "through"}));
  const ProxyServer proxy;
  auto request = by(proxy.url(), get(named(server, "/p?q")));
  request.proxy->filters = true;
  EXPECT_EQ(verdict(send(request)), "status 200");
  EXPECT_EQ(proxy.seen().front().destination, named(server, "/p?q"));
  request.proxy->url = proxy.socks_url();
  EXPECT_EQ(verdict(send(request)), "status 200");
  EXPECT_EQ(proxy.seen().back().destination, "www.example.com:" + std::to_string(server.port()));
}

// The web module has resolved and judged the name all the same.
TEST_F(HttpProxies, ThatFilterAreGivenTheNameAlsoOfJudgedAddresses) {
  const HttpServer server(always({.body = "through"}));
  for (const std::vector<std::string>& addresses :
       {std::vector<std::string>{"93.184.216.34"}, {"93.184.216.34", "93.184.216.35"}}) {
    const ProxyServer proxy;
    auto request = by(proxy.url(), pinned(named(server, "/p"), addresses));
    request.proxy->filters = true;
    EXPECT_EQ(verdict(send(request)), "status 200");
    EXPECT_EQ(proxy.seen().back().destination, named(server, "/p"));
    request.proxy->url = proxy.socks_url();
    EXPECT_EQ(verdict(send(request)), "status 200");
    EXPECT_EQ(proxy.seen().back().destination, "www.example.com:" + std::to_string(server.port()));
  }
}

TEST_F(HttpProxies, SpeakSocks5) {
  const HttpServer server(always({.body = "through"}));
  const ProxyServer proxy({.username = "me", .password = "hunter22"});
  auto request = by(proxy.socks_url(), pinned(named(server), {"93.184.216.34"}));
  request.proxy->username = Secret("me");
  request.proxy->password = Secret("hunter22");
  EXPECT_EQ(verdict(send(request)), "status 200");
  EXPECT_EQ(proxy.seen().front().destination, "93.184.216.34:" + std::to_string(server.port()));
  request.proxy->password = Secret("wrong");
  request.url = "http://other.example.com:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(verdict(send(request)), "SENDING_REQUEST/proxy");
}

TEST_F(HttpProxies, GetTheirCredentialsAndServersDoNot) {
  const HttpServer server(always({}));
  const ProxyServer proxy({.username = "me", .password = "hunter22"});
  auto request = by(proxy.url(), pinned(named(server), {"93.184.216.34"}));
  request.proxy->username = Secret("me");
  request.proxy->password = Secret("hunter22");
  EXPECT_EQ(verdict(send(request)), "status 200");
  EXPECT_EQ(server.last_request().header("proxy-authorization"), "");
}

TEST_F(HttpProxies, ThatRefuseAreToldApart) {
  const ProxyServer proxy({.refuse_with = 403});
  const auto answer = send(by(proxy.url(), pinned("http://www.example.com/", {"93.184.216.34"})));
  EXPECT_EQ(verdict(answer), "SENDING_REQUEST/proxy");
  EXPECT_EQ(answer.error().ctx().find("proxy_status")->as_integer()->to_i64(), 403);
  EXPECT_FALSE(answer.error().request_sent);
  const auto socks =
      send(by(proxy.socks_url(), pinned("http://www.example.com/", {"93.184.216.34"})));
  EXPECT_EQ(verdict(socks), "SENDING_REQUEST/proxy");
}

TEST_F(HttpProxies, ThatAreNotThereAreToldApart) {
  const test::RefusingPort port;
  const auto proxy = "http://127.0.0.1:" + std::to_string(port.port());
  EXPECT_EQ(verdict(send(by(proxy, pinned("http://www.example.com/", {"93.184.216.34"})))),
            "SENDING_REQUEST/proxy");
  EXPECT_EQ(verdict(send(by("ftp://x", get("http://www.example.com/")))), "SENDING_REQUEST/proxy");
}

TEST_F(HttpProxies, LeaveNothingBehindForTheNextRequest) {
  const HttpServer server(always({}));
  const ProxyServer proxy;
  EXPECT_EQ(verdict(send(by(proxy.url(), pinned(named(server), {"127.0.0.1"})))), "status 200");
  EXPECT_EQ(verdict(send(pinned(named(server), {"127.0.0.1"}))), "status 200");
  EXPECT_EQ(verdict(send(get(server.url()))), "status 200");
  EXPECT_EQ(proxy.seen().size(), 1U);
  EXPECT_EQ(server.connections(), 3U);
}

TEST(HttpProxiesUnderPolicy, TheProxyAndTheDestinationAreJudgedEachByItsOwnRule) {
  const HttpServer server(always({}));
  const ProxyServer proxy;
  bool proxy_allowed = true;
  HttpClientOptions options;
  options.allow_address = [](const sockaddr& address) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return in.sin_addr.s_addr != htonl(INADDR_LOOPBACK);
  };
  options.allow_proxy_address = [&](const sockaddr&) { return proxy_allowed; };
  FreeClient client(options);
  EXPECT_EQ(verdict(client.send(by(proxy.url(), pinned(named(server), {"93.184.216.34"})))),
            "status 200");
  EXPECT_EQ(verdict(client.send(by(proxy.url(), pinned(named(server), {"127.0.0.1"})))),
            "ADDRESS_FORBIDDEN/address");
  EXPECT_EQ(verdict(client.send(by(proxy.url(), get(named(server))))), "SENDING_REQUEST/proxy");
  proxy_allowed = false;
  EXPECT_EQ(verdict(client.send(by(proxy.url(), pinned(named(server), {"93.184.216.34"})))),
            "ADDRESS_FORBIDDEN/address");
  EXPECT_EQ(proxy.connections(), 1U);
}

TEST_F(HttpProxies, OfTheEnvironmentAreIgnored) {
  const HttpServer server(always({}));
  const ProxyServer proxy;
  for (const auto* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    ::setenv(name, proxy.url().c_str(), 1);
  EXPECT_EQ(verdict(send(get(server.url()))), "status 200");
  for (const auto* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  EXPECT_EQ(proxy.connections(), 0U);
}

struct HttpLocalEnds : ClientFixture {
  // Answers one request. It reads the request first, because libcurl treats a peer that closes
  // before libcurl has looked at the new connection as unreachable.
  static void answer(auto& acceptor, auto& socket, std::string_view response) {
    acceptor.accept(socket);
    std::string request;
    asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n");
    asio::write(socket, asio::buffer(response));
  }
};

TEST_F(HttpLocalEnds, SourceAddressIsTheOneAskedFor) {
  asio::io_context other;
  asio::ip::tcp::acceptor acceptor(other, {asio::ip::make_address("127.0.0.1"), 0});
  const auto port = acceptor.local_endpoint().port();
  std::string from;
  std::thread server([&] {
    asio::ip::tcp::socket socket(other);
    answer(acceptor, socket, "HTTP/1.1 204 No\r\n\r\n");
    from = socket.remote_endpoint().address().to_string();
  });
  auto request = get("http://127.0.0.1:" + std::to_string(port) + "/");
  request.source = "127.0.0.55";
  EXPECT_EQ(verdict(send(std::move(request))), "status 204");
  server.join();
  EXPECT_EQ(from, "127.0.0.55");
  auto nowhere = get("http://127.0.0.1:" + std::to_string(port) + "/");
  nowhere.source = "if:nosuchinterface";
  EXPECT_EQ(verdict(send(std::move(nowhere))), "SENDING_REQUEST/connect");
}

TEST_F(HttpLocalEnds, UnixSocketIsDialledInPlaceOfTheHost) {
  const std::string path = testing::TempDir() + "http-" + std::to_string(::getpid()) + ".sock";
  asio::io_context other;
  asio::local::stream_protocol::acceptor acceptor(other,
                                                  asio::local::stream_protocol::endpoint(path));
  std::thread server([&] {
    for (int i = 0; i < 2; ++i) {
      asio::local::stream_protocol::socket socket(other);
      answer(acceptor, socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    }
  });
  for (int i = 0; i < 2; ++i) {
    auto request = get("http://driver.example.com/status");
    request.unix_socket_path = path;
    EXPECT_EQ(verdict(send(std::move(request))), "status 200");
  }
  server.join();
  std::remove(path.c_str());
}

}  // namespace
}  // namespace gvm::net
