#include "client/transport.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/verify_mode.hpp>

#include "base/error_codes.h"
#include "client/codes.h"

namespace gvm::client {
namespace {

using boost::system::error_code;

std::unexpected<Error> refuse(const std::string& what, const error_code& why) {
  return fail(codes::kConnecting, Fatality::fatal, what + ": " + why.message());
}

}  // namespace

Result<void> Transport::load(asio::ssl::context& context, const TlsTrust& trust) const {
  error_code error;
  if (trust.ca_file.empty()) {
    context.set_default_verify_paths(error);
    if (error) return refuse("the system's authorities", error);
  } else {
    context.load_verify_file(trust.ca_file, error);
    if (error) return refuse("the authorities in " + trust.ca_file, error);
  }
  if (trust.certificate_file.empty()) return {};
  context.use_certificate_chain_file(trust.certificate_file, error);
  if (error) return refuse("the certificate in " + trust.certificate_file, error);
  context.use_private_key_file(trust.key_file, asio::ssl::context::pem, error);
  if (error) return refuse("the key in " + trust.key_file, error);
  return {};
}

Result<void> Transport::use_tls(const TlsTrust& trust, const std::string& name) {
  // The stream takes its settings from the context when it is made.
  asio::ssl::context context(asio::ssl::context::tls_client);
  if (auto loaded = load(context, trust); !loaded) return loaded;
  auto tls = std::make_unique<Tls>(std::move(context), socket_);
  error_code error;
  tls->stream.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error) tls->stream.set_verify_callback(asio::ssl::host_name_verification(name), error);
  if (error) return refuse("TLS", error);
  error_code no_address;
  (void)asio::ip::make_address(name, no_address);  // an address is no name of RFC 6066
  if (no_address) SSL_set_tlsext_host_name(tls->stream.native_handle(), name.c_str());
  tls_ = std::move(tls);
  return {};
}

std::string Transport::certificate_problem() {
  if (!tls_) return {};
  const long verified = SSL_get_verify_result(tls_->stream.native_handle());
  if (verified == X509_V_OK) return {};
  return X509_verify_cert_error_string(verified);
}

}  // namespace gvm::client
