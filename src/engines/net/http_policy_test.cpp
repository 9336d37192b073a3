// Address policy and TLS: which servers the client accepts.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "net/test_http_client.h"
#include "support/certificate.h"

namespace gvm::net {
namespace {

std::uint16_t port_of(const sockaddr& address) {
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

HttpResult send_through(const HttpClientOptions& options, HttpRequest request) {
  return FreeClient(options).send(std::move(request));
}

TEST(HttpAddressPolicy, RefusesBeforeAnyPacketLeaves) {
  const HttpServer server(always({}));
  HttpClientOptions options;
  options.allow_address = [](const sockaddr&) { return false; };
  EXPECT_EQ(verdict(send_through(options, get(server.url()))), "ADDRESS_FORBIDDEN/address");
  EXPECT_EQ(server.connections(), 0U);
}

TEST(HttpAddressPolicy, SeesTheAddressThatIsDialled) {
  const HttpServer server(always({}));
  std::vector<std::uint16_t> asked;
  HttpClientOptions options;
  options.allow_address = [&](const sockaddr& address) {
    asked.push_back(port_of(address));
    return address.sa_family == AF_INET;
  };
  EXPECT_EQ(verdict(send_through(options, get(server.url()))), "status 200");
  EXPECT_EQ(asked,
            (std::vector{server.port(), server.port()}));  // when dialled, and before the request
}

// The connection is in the pool when the policy changes: a check only at connecting would not
// notice.
TEST(HttpAddressPolicy, RefusesLoopbackEvenOnAReusedConnection) {
  bool allow = true;
  HttpClientOptions options;
  options.allow_address = [&](const sockaddr&) { return allow; };
  FreeClient fixture(options);
  const HttpServer server(always({}));
  EXPECT_EQ(verdict(fixture.send(get(server.url()))), "status 200");
  allow = false;
  EXPECT_EQ(verdict(fixture.send(get(server.url()))), "ADDRESS_FORBIDDEN/address");
  EXPECT_EQ(server.request_count(), 1U);
}

struct HttpTls : testing::Test {
  HttpTls() { std::ofstream(ca_file) << authority.pem; }
  ~HttpTls() override { std::filesystem::remove(ca_file); }

  HttpServer::Options with(const test::Certificate& certificate) {
    return {.certificate_pem = certificate.pem, .key_pem = certificate.key_pem};
  }
  HttpClientOptions trusting() {
    HttpClientOptions options;
    options.ca_file = ca_file;
    return options;
  }

  test::Certificate authority = test::make_authority("Test Authority");
  std::string ca_file =
      std::filesystem::temp_directory_path() / ("net-ca-" + std::to_string(::getpid()) + ".pem");
};

TEST_F(HttpTls, TrustsTheExtraAuthority) {
  const auto options = with(test::make_certificate(authority, "localhost"));
  const HttpServer server(always({.body = "sealed"}), options);
  const auto answer = send_through(trusting(), get(server.url()));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "sealed");
}

TEST_F(HttpTls, AnUnknownAuthorityIsRefusedWithASentence) {
  const auto options = with(test::make_certificate(authority, "localhost"));
  const HttpServer server(always({}), options);
  const auto result = send_through({}, get(server.url()));
  EXPECT_EQ(verdict(result), "SENDING_REQUEST/tls");
  EXPECT_THAT(result.error().to_string(), testing::HasSubstr("certificate"));
  EXPECT_EQ(server.request_count(), 0U);
}

TEST_F(HttpTls, AnotherHostsCertificateIsRefused) {
  const auto options = with(test::make_certificate(authority, "elsewhere.example"));
  const HttpServer server(always({}), options);
  const auto result = send_through(trusting(), get(server.url()));
  EXPECT_EQ(verdict(result), "SENDING_REQUEST/tls");
  EXPECT_THAT(result.error().to_string(), testing::HasSubstr("localhost"));
}

TEST_F(HttpTls, AnExpiredCertificateIsRefused) {
  const auto options =
      with(test::make_certificate(authority, "localhost", test::Validity::expired));
  const HttpServer server(always({}), options);
  const auto result = send_through(trusting(), get(server.url()));
  EXPECT_EQ(verdict(result), "SENDING_REQUEST/tls");
  EXPECT_THAT(result.error().to_string(), testing::HasSubstr("expired"));
}

TEST_F(HttpTls, PlainHttpWhereTlsIsExpectedIsATlsError) {
  const HttpServer plain(always({}));
  const std::string url = "https://localhost:" + std::to_string(plain.port()) + "/";
  EXPECT_EQ(verdict(send_through(trusting(), get(url))), "SENDING_REQUEST/tls");
}

TEST_F(HttpTls, AMissingAuthorityFileIsATlsError) {
  const auto options = with(test::make_certificate(authority, "localhost"));
  const HttpServer server(always({}), options);
  HttpClientOptions missing;
  missing.ca_file = "/nonexistent/ca.pem";
  EXPECT_EQ(verdict(send_through(missing, get(server.url()))), "SENDING_REQUEST/tls");
}

}  // namespace
}  // namespace gvm::net
