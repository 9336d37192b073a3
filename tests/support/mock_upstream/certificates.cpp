#include "support/mock_upstream/certificates.h"

#include <boost/asio/buffer.hpp>

#include "support/certificate.h"

namespace gvm::mock {
namespace {

namespace ssl = boost::asio::ssl;

constexpr const char* kHost = "localhost";
constexpr const char* kOtherHost = "elsewhere.invalid";

ssl::context context_of(const test::Certificate& certificate) {
  ssl::context context(ssl::context::tls_server);
  context.use_certificate_chain(boost::asio::buffer(certificate.pem));
  context.use_private_key(boost::asio::buffer(certificate.key_pem), ssl::context::pem);
  return context;
}

}  // namespace

struct Certificates::Contexts {
  explicit Contexts(const test::Certificate& authority)
      : good(context_of(test::make_certificate(authority, kHost))),
        expired(context_of(test::make_certificate(authority, kHost, test::Validity::expired))),
        wrong_host(context_of(test::make_certificate(authority, kOtherHost))),
        unknown_issuer(
            context_of(test::make_certificate(test::make_authority("nobody's authority"), kHost))),
        self_signed(context_of(test::make_authority(kHost))) {}

  ssl::context good, expired, wrong_host, unknown_issuer, self_signed;
};

Certificates::Certificates() {
  const auto authority = test::make_authority("mock upstream's authority");
  authority_pem_ = authority.pem;
  contexts_ = std::make_unique<Contexts>(authority);
}

Certificates::~Certificates() = default;

ssl::context& Certificates::context(TlsFault fault) {
  switch (fault) {
    case TlsFault::expired:
      return contexts_->expired;
    case TlsFault::wrong_host:
      return contexts_->wrong_host;
    case TlsFault::unknown_issuer:
      return contexts_->unknown_issuer;
    case TlsFault::self_signed:
      return contexts_->self_signed;
    default:
      return contexts_->good;
  }
}

}  // namespace gvm::mock
