#pragma once
// TLS for tls:// addresses, by OpenSSL 1.1.1 or newer (link libssl and libcrypto). Nothing else of
// the client needs this header.
//
//   genvm::Options options;
//   options.secure = genvm::tls({.ca_file = "ca.pem"});
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "genvm_client/socket.h"

namespace genvm {

// PEM files.
struct TlsOptions {
  std::string ca_file = {};           // whom to trust; empty: the system's authorities
  std::string certificate_file = {};  // to be shown, where the module asks (serve.tls.client_ca)
  std::string key_file = {};
};

namespace detail {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
};
using TlsSettings = std::shared_ptr<SSL_CTX>;

inline std::string tls_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "the connection ended" : reason;
}

// OpenSSL works on memory; the socket, with its deadlines, stays ours.
class TlsWire final : public Wire {
 public:
  TlsWire(TlsSettings settings, Socket socket, const std::string& host, const Deadline& deadline)
      : settings_(std::move(settings)), socket_(std::move(socket)), tls_(SSL_new(settings_.get())) {
    if (tls_ == nullptr) throw std::bad_alloc();
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(tls_.get(), in_, out_);  // takes both over
    SSL_set_connect_state(tls_.get());
    expect_name(host);
    shake_hands(host, deadline);
  }

  void send(std::string_view bytes, const Deadline& deadline) override {
    while (!bytes.empty()) {
      ERR_clear_error();
      const int most = 1 << 20;
      const int part = static_cast<int>(std::min<std::size_t>(bytes.size(), most));
      const int count = SSL_write(tls_.get(), bytes.data(), part);
      if (count <= 0) throw ConnectionLost("sending: " + tls_reason());
      bytes.remove_prefix(static_cast<std::size_t>(count));
      flush(deadline);
    }
  }

  std::size_t receive(char* into, std::size_t room, const Deadline& deadline) override {
    for (;;) {
      ERR_clear_error();
      const int count = SSL_read(tls_.get(), into, static_cast<int>(std::min(room, kChunk)));
      if (count > 0) return static_cast<std::size_t>(count);
      const int why = SSL_get_error(tls_.get(), count);
      if (why == SSL_ERROR_ZERO_RETURN) return 0;
      if (why != SSL_ERROR_WANT_READ) throw ConnectionLost("receiving: " + tls_reason());
      flush(deadline);
      if (!feed(deadline)) return 0;
    }
  }

  // A ticket of TLS 1.3 may have come, which is nothing that a request asked for.
  bool quiet() override {
    const Deadline now{Milliseconds(0)};
    char first = 0;
    for (;;) {
      ERR_clear_error();
      const int count = SSL_peek(tls_.get(), &first, 1);
      if (count > 0 || SSL_get_error(tls_.get(), count) != SSL_ERROR_WANT_READ) return false;
      if (socket_.quiet()) return true;
      if (!feed(now)) return false;
    }
  }

 private:
  static constexpr std::size_t kChunk = std::size_t{64} << 10;

  void expect_name(const std::string& host) {
    X509_VERIFY_PARAM* expected = SSL_get0_param(tls_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return;
    ERR_clear_error();
    SSL_set_hostflags(tls_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(tls_.get(), host.c_str()) != 1 ||
        SSL_set_tlsext_host_name(tls_.get(), host.c_str()) != 1)
      throw ConnectError(host + ": " + tls_reason());
  }

  void shake_hands(const std::string& host, const Deadline& deadline) {
    try {
      for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(tls_.get());
        const int why = SSL_get_error(tls_.get(), done);
        flush(deadline);
        if (done == 1) return;
        if (why != SSL_ERROR_WANT_READ || !feed(deadline)) throw ConnectError(reason(host));
      }
    } catch (const ConnectionLost& lost) {
      throw ConnectError(host + ": the TLS handshake failed: " + lost.what());
    } catch (const DeadlineExceeded& late) {
      throw DeadlineExceeded(late.what(), false);
    }
  }

  // Throws itself when the certificate is at fault.
  std::string reason(const std::string& host) const {
    const long verified = SSL_get_verify_result(tls_.get());
    const std::string why = tls_reason();
    if (verified != X509_V_OK)
      throw UntrustedError(host + ": the certificate is not trusted: " +
                           X509_verify_cert_error_string(verified) + " (TlsOptions::ca_file)");
    return host + ": the TLS handshake failed: " + why;
  }

  // What OpenSSL wants to send.
  void flush(const Deadline& deadline) {
    std::array<char, 16384> part{};
    for (;;) {
      const int count = BIO_read(out_, part.data(), static_cast<int>(part.size()));
      if (count <= 0) return;
      socket_.send({part.data(), static_cast<std::size_t>(count)}, deadline);
    }
  }

  // False: the peer has closed its side.
  bool feed(const Deadline& deadline) {
    std::array<char, 16384> part{};
    const auto count = socket_.receive(part.data(), part.size(), deadline);
    if (count == 0) return false;
    if (BIO_write(in_, part.data(), static_cast<int>(count)) != static_cast<int>(count))
      throw std::bad_alloc();
    return true;
  }

  TlsSettings settings_;
  Socket socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
  BIO* in_ = nullptr;   // of `tls_`
  BIO* out_ = nullptr;  // of `tls_`
};

inline TlsSettings tls_settings(const TlsOptions& options) {
  ERR_clear_error();
  TlsSettings settings(SSL_CTX_new(TLS_client_method()), FreeTls());
  if (!settings) throw std::bad_alloc();
  const auto must = [](bool worked, const std::string& what) {
    if (!worked) throw std::invalid_argument(what + ": " + tls_reason());
  };
  SSL_CTX_set_verify(settings.get(), SSL_VERIFY_PEER, nullptr);
  must(SSL_CTX_set_min_proto_version(settings.get(), TLS1_2_VERSION) == 1, "TLS 1.2");
  if (options.ca_file.empty())
    must(SSL_CTX_set_default_verify_paths(settings.get()) == 1, "the system's authorities");
  else
    must(SSL_CTX_load_verify_locations(settings.get(), options.ca_file.c_str(), nullptr) == 1,
         options.ca_file);
  if (options.certificate_file.empty()) return settings;
  must(SSL_CTX_use_certificate_chain_file(settings.get(), options.certificate_file.c_str()) == 1,
       options.certificate_file);
  must(SSL_CTX_use_PrivateKey_file(settings.get(), options.key_file.c_str(), SSL_FILETYPE_PEM) == 1,
       options.key_file);
  return settings;
}

}  // namespace detail

// For Options::secure. std::invalid_argument names a file that cannot be used. The files are read
// now, once.
inline Secure tls(const TlsOptions& options = {}) {
  auto settings = detail::tls_settings(options);
  return [settings](Socket socket, const Endpoint& to, const Deadline& deadline) {
    return std::unique_ptr<Wire>(
        std::make_unique<detail::TlsWire>(settings, std::move(socket), to.host, deadline));
  };
}

}  // namespace genvm
