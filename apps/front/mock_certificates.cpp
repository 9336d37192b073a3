#include "apps/front/mock_certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace gvm::apps {
namespace {

constexpr long kBefore = -3600;  // seconds
constexpr long kAfter = 86400;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("mock certificate: cannot ") + what);
}

Owned<EVP_PKEY> new_key() {
  Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  must(key != nullptr, "make a key");
  return key;
}

void set_name(X509_NAME* name, const std::string& common) {
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(common.data()),
                                  static_cast<int>(common.size()), -1, 0) == 1,
       "name it");
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  must(extension != nullptr, "extend it");
  X509_add_ext(certificate, extension.get(), -1);
}

// Not signed yet; `issuer` null: by itself.
Owned<X509> new_certificate(EVP_PKEY* key, const std::string& name, X509* issuer) {
  static std::atomic<long> serial = 1;
  Owned<X509> certificate(X509_new());
  must(certificate != nullptr, "make it");
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), kBefore);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kAfter);
  set_name(X509_get_subject_name(certificate.get()), name);
  X509* by = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(by));
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(bio.get(), certificate) == 1, "write it");
  return text_of(bio.get());
}

}  // namespace

struct MockAuthority::Parts {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
};

MockAuthority::MockAuthority() : parts_(std::make_unique<Parts>()) {
  parts_->key = new_key();
  parts_->certificate = new_certificate(parts_->key.get(), "genvm-modules script test", nullptr);
  extend(parts_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(parts_->certificate.get(), NID_key_usage, "critical,keyCertSign");
  must(X509_sign(parts_->certificate.get(), parts_->key.get(), EVP_sha256()) > 0, "sign it");
  pem_ = pem_of(parts_->certificate.get());
}

MockAuthority::~MockAuthority() = default;

void MockAuthority::present(ssl_st* connection, const std::string& host) const {
  const Owned<EVP_PKEY> key = new_key();
  const Owned<X509> certificate =
      new_certificate(key.get(), "a site of a test", parts_->certificate.get());
  extend(certificate.get(), NID_subject_alt_name, "DNS:" + host);
  must(X509_sign(certificate.get(), parts_->key.get(), EVP_sha256()) > 0, "sign it");
  must(SSL_use_certificate(connection, certificate.get()) == 1, "use it");
  must(SSL_use_PrivateKey(connection, key.get()) == 1, "use its key");
}

}  // namespace gvm::apps
