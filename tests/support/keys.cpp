#include "support/keys.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>

namespace gvm::test {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

KeyPair pem_of(EVP_PKEY* made) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> secret(BIO_new(BIO_s_mem()), BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> open(BIO_new(BIO_s_mem()), BIO_free);
  if (!key ||
      PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) {
    throw std::runtime_error("OpenSSL made no key");
  }
  return {text_of(secret.get()), text_of(open.get())};
}

}  // namespace

KeyPair make_ec_keys(const char* curve) {
  return pem_of(EVP_EC_gen(curve));
}

KeyPair make_rsa_keys(unsigned bits) {
  return pem_of(EVP_RSA_gen(bits));
}

KeyPair make_ed25519_keys() {
  return pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

}  // namespace gvm::test
