// The C++ client against modules that ask for a token or speak TLS.
#include <genvm_client.h>
#include <genvm_client/tls.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/certificate.h"
#include "support/http_server.h"

namespace gvm::clients {
namespace {

using test::HttpServer;
using testing::HasSubstr;

constexpr const char* kToken = "a-token-of-these-tests-1";

class Access : public testing::Test {
 protected:
  e2e::ModuleOptions options(const std::string& more) const {
    return {.backends = e2e::backend_at(upstream_.url("")), .more = more};
  }
  static std::string address(const e2e::Module& module, const std::string& start) {
    return start + std::to_string(module.port());
  }
  static genvm::Options with_token(const std::string& token) {
    genvm::Options options;
    options.token = token;
    return options;
  }
  static genvm::Options trusting(const genvm::TlsOptions& files) {
    genvm::Options options;
    options.secure = genvm::tls(files);
    return options;
  }
  // serve.tls of a certificate for localhost.
  std::string own_tls(const std::string& more = "") const {
    return "serve: {tls: {certificate: " + folder_.write("c.pem", server_.pem) +
           ", key: " + folder_.write("k.pem", server_.key_pem) + more + "}}\n";
  }

  HttpServer upstream_{[body = e2e::openai_answer("fine")](const HttpServer::Request&) {
    return HttpServer::Reply{.body = body};
  }};
  e2e::TempFolder folder_;
  test::Certificate authority_ = test::make_authority("an authority");
  test::Certificate server_ = test::make_certificate(authority_, "localhost");
  std::string ca_ = folder_.write("ca.pem", authority_.pem);
};

TEST_F(Access, ATokenOpensASessionAndAWrongOneIsAFatalError) {
  const e2e::Module module(options(std::string("serve: {peers: {tokens: [") + kToken + "]}}\n"));
  const auto at = address(module, "tcp://127.0.0.1:");
  genvm::Client client(at, genvm::Hello::b(1), with_token(kToken));
  EXPECT_EQ(client.prompt("x").data, "fine");
  for (const auto* token : {"", "another-token-of-these-tests"}) {
    genvm::Client refused(at, genvm::Hello::b(1), with_token(token));
    try {
      refused.prompt("x");
      ADD_FAILURE();
    } catch (const genvm::FatalError& error) {
      EXPECT_EQ(error.code(), "UNAUTHORIZED");
    }
  }
}

TEST_F(Access, TlsCarriesSessionsAndPages) {
  const e2e::Module module(options(own_tls()));
  const auto at = address(module, "tls://localhost:");
  genvm::Client client(at, genvm::Hello::b(1), trusting({.ca_file = ca_}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.prompt("x").data, "fine");
  EXPECT_EQ(client.stats().find("requests")->as_integer(), genvm::Integer(3)) << "one session";
  EXPECT_TRUE(client.health().serving);
  EXPECT_THAT(client.metrics(), HasSubstr("genvm_llm_calls_total{"));
}

TEST_F(Access, ACertificateThatIsNotTrustedIsToldAtOnce) {
  const e2e::Module module(options(own_tls()));
  genvm::Client stranger(address(module, "tls://localhost:"), genvm::Hello::b(1), trusting({}));
  EXPECT_THROW(stranger.prompt("x"), genvm::UntrustedError);
  genvm::Client misnamed(address(module, "tls://127.0.0.1:"), genvm::Hello::b(1),
                         trusting({.ca_file = ca_}));
  EXPECT_THROW(misnamed.prompt("x"), genvm::UntrustedError);
  EXPECT_THROW(genvm::tls({.ca_file = "/no/such/file"}), std::invalid_argument);
  genvm::Client bare(address(module, "tls://localhost:"), genvm::Hello::b(1));
  EXPECT_THROW(bare.prompt("x"), std::invalid_argument) << "nothing says whom to trust";
}

TEST_F(Access, ACertificateOfItsOwnIsShownWhereTheModuleAsks) {
  const e2e::Module module(options(own_tls(", client_ca: " + ca_)));
  const auto mine = test::make_certificate(authority_, "a-client");
  const auto at = address(module, "tls://localhost:");
  genvm::Client client(at, genvm::Hello::b(1),
                       trusting({.ca_file = ca_,
                                 .certificate_file = folder_.write("mine.pem", mine.pem),
                                 .key_file = folder_.write("mine.key", mine.key_pem)}));
  EXPECT_EQ(client.prompt("x").data, "fine");
  genvm::Client without(at, genvm::Hello::b(1), trusting({.ca_file = ca_}));
  EXPECT_THROW(without.prompt("x"), genvm::TransportError);
}

TEST_F(Access, PlainTextToAPortWithTlsIsTold) {
  const e2e::Module module(options(own_tls()));
  genvm::Client client(address(module, "tcp://127.0.0.1:"), genvm::Hello::b(1));
  try {
    client.prompt("x");
    ADD_FAILURE();
  } catch (const genvm::FatalError& error) {
    EXPECT_EQ(error.code(), "TLS_NEEDED");
  }
}

}  // namespace
}  // namespace gvm::clients
