// TLS on the port: what is refused at the start, and what foreign clients get.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "serve/tls_context.h"
#include "support/certificate.h"
#include "support/paths.h"
#include "support/process.h"
#include "support/scripted_service.h"
#include "support/wire_client.h"

namespace gvm::serve {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::ScriptedServer;
using test::WireClient;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TlsMaterial material_of(const Certificate& certificate) {
  return {.certificate = {"/etc/c.pem", Secret(certificate.pem)},
          .key = {"/etc/k.pem", Secret(certificate.key_pem)},
          .client_ca = {}};
}

std::string fault_of(const TlsMaterial& material) {
  const auto made = TlsContext::make(material);
  return made ? "no fault" : made.error().to_string();
}

// A certificate for localhost, with files for foreign clients, which are removed at the end.
class Tls : public testing::Test {
 protected:
  Tls()
      : folder_(std::filesystem::temp_directory_path() /
                ("gvm_tls_" + std::to_string(::getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
    ca_ = write("ca.pem", authority_.pem);
  }
  ~Tls() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  ServerOptions options(TlsMaterial material) const {
    ServerOptions options;
    auto context = TlsContext::make(material);
    if (!context) throw std::runtime_error(context.error().to_string());
    options.tls = std::make_shared<TlsInUse>(std::move(*context));
    return options;
  }
  ServerOptions options() const { return options(material_of(own_)); }

  // tests/foreign/tls_peer.py; what it prints.
  std::string peer(const ScriptedServer& server, std::vector<std::string> arguments) const {
    std::vector<std::string> command{"python3", test::source_dir() + "/tests/foreign/tls_peer.py",
                                     std::to_string(server.port()), ca_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto finished = test::run_program(std::move(command));
    return finished.out + finished.err;
  }
  std::string metrics(const ScriptedServer& server) const {
    return test::run_program({"curl", "-sS", "--cacert", ca_, "--max-time", "20",
                              "https://localhost:" + std::to_string(server.port()) + "/metrics"})
        .out;
  }

  std::filesystem::path folder_;
  Certificate authority_ = test::make_authority("an authority");
  Certificate own_ = test::make_certificate(authority_, "localhost");
  std::string ca_;
};

// ---------------------------------------------------------------- the files

TEST_F(Tls, FilesThatDoNotServeAreNamedWithTheReason) {
  const auto other = test::make_certificate(authority_, "other");
  auto material = material_of(own_);
  EXPECT_EQ(fault_of(material), "no fault");
  material.key.text = Secret(other.key_pem);
  EXPECT_THAT(fault_of(material), HasSubstr("serve.tls.key /etc/k.pem: it is not the key of the "
                                            "certificate in /etc/c.pem"));
  material.key.text = Secret("-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n");
  EXPECT_THAT(fault_of(material),
              AllOf(HasSubstr("serve.tls.key /etc/k.pem"), Not(HasSubstr("canary"))));
  material.key.text = Secret(own_.pem);
  EXPECT_THAT(fault_of(material), HasSubstr("it holds no private key in PEM"));
  material = material_of(own_);
  material.certificate.text = Secret("nothing");
  EXPECT_THAT(fault_of(material),
              HasSubstr("serve.tls.certificate /etc/c.pem: it holds no PEM certificate"));
  material.certificate.text = Secret(own_.pem + "-----BEGIN CERTIFICATE-----\nAAAA\n");
  EXPECT_THAT(fault_of(material), HasSubstr("a further certificate"));
  material = material_of(test::make_certificate(authority_, "localhost", test::Validity::expired));
  EXPECT_THAT(fault_of(material), HasSubstr("serve.tls.certificate /etc/c.pem: it expired at 20"));
  material = material_of(own_);
  material.client_ca = {"/etc/a.pem", Secret("")};
  material.asks_clients = true;
  EXPECT_THAT(fault_of(material),
              HasSubstr("serve.tls.client_ca /etc/a.pem: it holds no PEM certificate"));
}

TEST_F(Tls, AKeyBehindAPassphraseIsRefusedWithoutAQuestionAtTheTerminal) {
  const auto locked = test::run_program(
      {"openssl", "pkey", "-in", write("k.pem", own_.key_pem), "-aes256", "-passout", "pass:x"});
  ASSERT_THAT(locked.out, HasSubstr("ENCRYPTED"));
  auto material = material_of(own_);
  material.key.text = Secret(locked.out);
  EXPECT_THAT(fault_of(material), HasSubstr("it is behind a passphrase"));
}

// ---------------------------------------------------------------- sessions

TEST_F(Tls, CarriesSessionsOfBothFramingsAndEndsThemInGoodOrder) {
  ScriptedServer server(options());
  const auto framed = peer(server, {"hello", "first", "second"});
  EXPECT_THAT(framed, AllOf(HasSubstr("agreed on TLSv1.3"), HasSubstr("5 first\n6 second\n"),
                            HasSubstr("ended in good order")));
  const auto websocket = peer(server, {"--websocket", "hello", "first", "second"});
  EXPECT_THAT(websocket, AllOf(HasSubstr("HTTP/1.1 101"), HasSubstr("5 first\n6 second\n")));
}

TEST_F(Tls, CarriesMessagesOfManyRecordsAlsoToAPeerThatReadsLate) {
  ScriptedServer server(options());
  EXPECT_THAT(peer(server, {"--lazy", "hello", "big:20000000", "big:16384", "big:16380"}),
              AllOf(HasSubstr("20000000 bbb"), HasSubstr("16384 bbb"), HasSubstr("16380 bbb"),
                    HasSubstr("ended in good order")));
  EXPECT_THAT(peer(server, {"--websocket", "hello", "big:70000"}), HasSubstr("70000 bbb"));
}

TEST_F(Tls, AHandshakeThatComesByteByByteIsOneToo) {
  ScriptedServer server(options());
  EXPECT_THAT(peer(server, {"--trickle", "hello", "x"}), HasSubstr("1 x\nended in good order"));
}

TEST_F(Tls, PagesAreAnsweredToCurlAndTheHandshakesCounted) {
  ScriptedServer server(options());
  const auto page = metrics(server);
  EXPECT_THAT(page, HasSubstr("genvm_serve_tls_handshakes_total{outcome=\"secured\"} 1"));
  EXPECT_THAT(page, HasSubstr("\ngenvm_serve_tls_certificate_expires_at_seconds 1"));
}

// A client that offers HTTP/2 first is told that it gets HTTP/1.1.
TEST_F(Tls, ChoosesHttp11ByAlpn) {
  ScriptedServer server(options());
  const auto shown = test::run_program(
      {"openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(server.port()), "-CAfile",
       ca_, "-servername", "localhost", "-alpn", "h2,http/1.1"},
      {.input = "Q\n"});
  EXPECT_THAT(shown.out, HasSubstr("ALPN protocol: http/1.1"));
  EXPECT_THAT(shown.out, HasSubstr("Verify return code: 0 (ok)"));
}

// ---------------------------------------------------------------- who is refused

TEST_F(Tls, VersionsBelowTheMinimumAreRefused) {
  auto material = material_of(own_);
  ScriptedServer both(options(material));
  material.minimum = TlsVersion::v1_3;
  ScriptedServer newest(options(material));
  EXPECT_THAT(peer(both, {"--most", "1.2", "hello", "x"}),
              AllOf(HasSubstr("agreed on TLSv1.2"), HasSubstr("1 x")));
  EXPECT_THAT(peer(newest, {"--most", "1.2", "hello", "x"}), StartsWith("failed:"));
  EXPECT_THAT(peer(newest, {"hello", "x"}), HasSubstr("agreed on TLSv1.3"));
  EXPECT_THAT(peer(both, {"--least", "1.0", "--most", "1.1", "hello", "x"}), StartsWith("failed:"));
  EXPECT_THAT(metrics(both), HasSubstr("handshakes_total{outcome=\"failed\"} 1"));
}

TEST_F(Tls, AClientMustShowACertificateOfTheRightAuthorityWhereOneIsAskedFor) {
  auto material = material_of(own_);
  material.client_ca = {"/etc/a.pem", Secret(authority_.pem)};
  material.asks_clients = true;
  ScriptedServer server(options(material));
  const auto with = [&](const Certificate& certificate) {
    return peer(server, {"--cert", write("c.pem", certificate.pem), "--key",
                         write("k.pem", certificate.key_pem), "hello", "x"});
  };
  EXPECT_THAT(with(test::make_certificate(authority_, "a client")), HasSubstr("1 x\nended"));
  EXPECT_THAT(peer(server, {"hello", "x"}), HasSubstr("failed:"));
  const auto stranger = test::make_authority("another authority");
  EXPECT_THAT(with(test::make_certificate(stranger, "a client")), HasSubstr("failed:"));
  EXPECT_THAT(with(test::make_certificate(authority_, "a client", test::Validity::expired)),
              HasSubstr("failed:"));
  EXPECT_EQ(server.counts().handlers, 0);
}

TEST_F(Tls, PlainTextIsToldSoInItsOwnForm) {
  ScriptedServer server(options());
  auto http = WireClient::tcp(server.port());
  http.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(http.read_all(),
              AllOf(StartsWith("HTTP/1.1 400 Bad Request"), HasSubstr("this port speaks TLS")));
  auto framed = WireClient::tcp(server.port());
  framed.send_frame("hello");
  framed.send_frame("x");
  EXPECT_THAT(*framed.receive_frame(), StartsWith("fatal TLS_NEEDED: this port speaks TLS"));
  EXPECT_TRUE(framed.closed_within(5s));
  EXPECT_EQ(server.counts().handlers, 0);
  EXPECT_THAT(metrics(server), HasSubstr("handshakes_total{outcome=\"plain_text\"} 2"));
}

TEST_F(Tls, WhatOnlyBeginsLikeAHandshakeIsClosed) {
  ScriptedServer server(options());
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x00\x05hello", 10),
        std::string("\x16") + std::string(70'000, 'x'),
        std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, '\0')}) {
    auto client = WireClient::tcp(server.port());
    client.send(bytes);
    EXPECT_TRUE(client.closed_within(10s));
  }
  EXPECT_TRUE(test::eventually([&] { return server.server.connections() == 0; }));
}

TEST_F(Tls, HandshakesThatAreNotFinishedAreBoundedInNumberAndTime) {
  auto bounded = options();
  bounded.max_other_connections = 8;
  bounded.handshake_timeout = 3'000ms;
  ScriptedServer server(bounded);
  std::vector<WireClient> half_open;
  for (int i = 0; i < 8; ++i) {
    half_open.push_back(WireClient::tcp(server.port()));
    half_open.back().send(i % 2 == 0 ? std::string_view() : std::string_view("\x16\x03\x01", 3));
  }
  ASSERT_TRUE(test::eventually([&] { return server.server.connections() == 8; }));
  EXPECT_TRUE(WireClient::tcp(server.port()).closed_within(10s)) << "the ninth is not taken";
  for (auto& client : half_open) EXPECT_TRUE(client.closed_within(30s));
  EXPECT_THAT(peer(server, {"hello", "x"}), HasSubstr("1 x")) << "and others are served again";
}

TEST_F(Tls, NewConnectionsTakeTheNewCertificateAndOldOnesGoOn) {
  const auto options_ = options();
  ScriptedServer server(options_);
  test::Process old(
      {"openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + std::to_string(server.port())},
      {.input = std::string("\0\0\0\5hello\0\0\0\12sleep:1500\0\0\0\1x", 28)});
  ASSERT_TRUE(test::eventually([&] { return server.counts().running == 1; }, 30s));
  const auto next = test::make_authority("a new authority");
  options_.tls->set(*TlsContext::make(material_of(test::make_certificate(next, "localhost"))));
  EXPECT_THAT(peer(server, {"hello", "x"}), HasSubstr("failed:")) << "it trusts the old authority";
  ca_ = write("new.pem", next.pem);
  EXPECT_THAT(peer(server, {"hello", "x"}), HasSubstr("1 x"));
  EXPECT_TRUE(test::eventually([&] { return server.counts().started >= 3; }, 30s));
}

}  // namespace
}  // namespace gvm::serve
