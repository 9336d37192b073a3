#include "support/certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

namespace gvm::test {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr long kDaySeconds = 24 * 60 * 60;

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("certificate: ") + what);
}

template <class Write>
std::string to_pem(Write&& write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  check(write(bio.get()) == 1, "write PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string key_to_pem(EVP_PKEY* key) {
  return to_pem([key](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Bio reader(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

void add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr, "extension");
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Cert blank(EVP_PKEY* key, const std::string& name, long from_days, long to_days) {
  Cert cert(X509_new());
  X509_set_version(cert.get(), X509_VERSION_3);
  std::uint32_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1, "random");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), from_days * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), to_days * kDaySeconds);
  X509_set_pubkey(cert.get(), key);
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_UTF8, text, -1, -1,
                             0);
  return cert;
}

Certificate finish(X509* cert, EVP_PKEY* key, EVP_PKEY* signer) {
  check(X509_sign(cert, signer, EVP_sha256()) > 0, "sign");
  return {to_pem([cert](BIO* bio) { return PEM_write_bio_X509(bio, cert); }), key_to_pem(key)};
}

}  // namespace

Certificate make_authority(const std::string& name) {
  const Key key(EVP_EC_gen("P-256"));
  const Cert cert = blank(key.get(), name, -1, 30);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  add_extension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign");
  return finish(cert.get(), key.get(), key.get());
}

Certificate make_certificate(const Certificate& authority, const std::string& host,
                             Validity validity) {
  const Bio cert_bio = reader(authority.pem);
  const Bio key_bio = reader(authority.key_pem);
  const Cert issuer(PEM_read_bio_X509(cert_bio.get(), nullptr, nullptr, nullptr));
  const Key signer(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  check(issuer && signer, "read the authority");
  const Key key(EVP_EC_gen("P-256"));
  const bool expired = validity == Validity::expired;
  const Cert cert = blank(key.get(), host, expired ? -20 : -1, expired ? -10 : 30);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get()));
  add_extension(cert.get(), issuer.get(), NID_subject_alt_name, "DNS:" + host);
  return finish(cert.get(), key.get(), signer.get());
}

}  // namespace gvm::test
