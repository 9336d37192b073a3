#include "serve/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <string_view>

#include "base/error_codes.h"

namespace gvm::serve {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* held) const {
    Free(held);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// Forward secret, authenticated. Of TLS 1.3 the library's own list is as narrow.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";
constexpr std::string_view kContextName = "genvm-modules";

std::unexpected<Error> refuse(std::string_view key, const PemFile& pem, std::string_view why) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              std::string("serve.tls.").append(key).append(" ").append(pem.file).append(": ") +
                  std::string(why));
}

// What OpenSSL says of its last failure; its texts name no data.
std::string last_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

Bio reader(const PemFile& pem) {
  const auto text = pem.text.reveal();
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Nobody is asked at a terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Certificate next_certificate(BIO* bio) {
  bool ignored = false;
  return Certificate(PEM_read_bio_X509(bio, nullptr, no_passphrase, &ignored));
}

// Reading ended because there is no further one, and not because one is broken.
bool at_end() {
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (end) ERR_clear_error();
  return end;
}

std::string shown(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "a time that cannot be read";
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

std::chrono::system_clock::time_point to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

Result<void> check_validity(const PemFile& pem, const X509* certificate) {
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    return refuse("certificate", pem,
                  "it is not valid before " + shown(X509_get0_notBefore(certificate)));
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    return refuse("certificate", pem, "it expired at " + shown(X509_get0_notAfter(certificate)));
  return {};
}

// Gives the time at which the certificate ends.
Result<std::chrono::system_clock::time_point> use_certificate(SSL_CTX* context,
                                                              const PemFile& pem) {
  const Bio bio = reader(pem);
  const auto own = next_certificate(bio.get());
  if (!own) {
    const bool none = at_end();
    return refuse("certificate", pem, none ? "it holds no PEM certificate" : last_reason());
  }
  if (auto valid = check_validity(pem, own.get()); !valid) return fail(valid.error());
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    return refuse("certificate", pem, last_reason());
  while (const auto further = next_certificate(bio.get()))
    if (SSL_CTX_add1_chain_cert(context, further.get()) != 1)
      return refuse("certificate", pem, last_reason());
  if (!at_end()) return refuse("certificate", pem, "a further certificate: " + last_reason());
  return to_time(X509_get0_notAfter(own.get()));
}

Result<void> use_key(SSL_CTX* context, const TlsMaterial& material) {
  const Bio bio = reader(material.key);
  bool asked = false;
  const PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked));
  if (!key && asked) {
    ERR_clear_error();
    return refuse("key", material.key, "it is behind a passphrase; store it without one");
  }
  if (!key)
    return refuse("key", material.key, "it holds no private key in PEM (" + last_reason() + ")");
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    ERR_clear_error();
    return refuse("key", material.key,
                  "it is not the key of the certificate in " + material.certificate.file);
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return refuse("key", material.key, last_reason());
  return {};
}

// From here on a client must show a certificate that one of these authorities has signed.
Result<void> use_client_ca(SSL_CTX* context, const PemFile& pem) {
  const Bio bio = reader(pem);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  for (; const auto authority = next_certificate(bio.get()); ++count) {
    // The names are sent to clients that have several certificates.
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1)
      return refuse("client_ca", pem, last_reason());
  }
  if (!at_end()) return refuse("client_ca", pem, last_reason());
  if (count == 0) return refuse("client_ca", pem, "it holds no PEM certificate");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

// A client that offers HTTP/2 as well must not take it for agreed.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned int size, void*) {
  static constexpr std::string_view kOurs = "\x08http/1.1";
  unsigned char* selected = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(kOurs.data());
  const int found = SSL_select_next_proto(&selected, length, ours, kOurs.size(), offered, size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

bool set_rules(SSL_CTX* context, TlsVersion minimum) {
  // Idle sessions keep no buffers; a reader and a writer share a connection, and what is left of a
  // write may have moved by its next attempt.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_read_ahead(context, 1);  // header and body of a record by one system call
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  const auto* name = reinterpret_cast<const unsigned char*>(kContextName.data());
  return SSL_CTX_set_session_id_context(context, name, kContextName.size()) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers12) == 1 &&
         SSL_CTX_set_min_proto_version(
             context, minimum == TlsVersion::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, 0) == 1;
}

}  // namespace

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsMaterial& material) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
  if (made->context_ == nullptr || !set_rules(made->context_, material.minimum))
    return fail(codes::kInvalidConfig, Fatality::fatal, "serve.tls: " + last_reason());
  const auto expires = use_certificate(made->context_, material.certificate);
  if (!expires) return fail(expires.error());
  made->expires_ = *expires;
  if (auto used = use_key(made->context_, material); !used) return fail(used.error());
  if (!material.asks_clients) return made;
  if (auto used = use_client_ca(made->context_, material.client_ca); !used)
    return fail(used.error());
  return made;
}

}  // namespace gvm::serve
