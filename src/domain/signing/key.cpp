#include "signing/key.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <array>

#include "base/error_codes.h"
#include "signing/codes.h"
#include "signing/key_material.h"

namespace gvm::signing {
namespace {

struct Traits {
  Algorithm algorithm;
  std::string_view name;
  const EVP_MD* (*digest)();  // nullptr: the algorithm has its own
  std::size_t scalar_bytes;   // of each of r and s; 0 when it is no ECDSA
};
constexpr std::array<Traits, 7> kTraits = {
    {{Algorithm::ed25519, "ed25519", nullptr, 0},
     {Algorithm::ecdsa_p256_sha256, "ecdsa-p256-sha256", EVP_sha256, 32},
     {Algorithm::ecdsa_p384_sha384, "ecdsa-p384-sha384", EVP_sha384, 48},
     {Algorithm::rsa_pss_sha512, "rsa-pss-sha512", EVP_sha512, 0},
     {Algorithm::rsa_v1_5_sha256, "rsa-v1_5-sha256", EVP_sha256, 0},
     {Algorithm::hmac_sha256, "hmac-sha256", EVP_sha256, 0},
     {Algorithm::secp256k1, "ES256K", EVP_sha256, 32}}};

const Traits& traits(Algorithm algorithm) {
  return kTraits[static_cast<std::size_t>(algorithm)];
}

std::unexpected<Error> bad_key(Algorithm algorithm, std::string_view what) {
  return fail(codes::kSignBadKey, Fatality::fatal,
              "the key for " + std::string(algorithm_name(algorithm)) + ": " + std::string(what));
}

std::string hmac(std::string_view secret, std::string_view data) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), openssl::bytes(data),
       data.size(), openssl::bytes(mac), &size);
  mac.resize(size);
  return mac;
}

bool set_padding(EVP_PKEY_CTX* context, Algorithm algorithm) {
  if (algorithm == Algorithm::rsa_v1_5_sha256)
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (algorithm != Algorithm::rsa_pss_sha512) return true;
  // RFC 9421, 3.3.1: MGF1 with SHA-512, a salt of 64 bytes.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// SEC 2, 2.4.1
constexpr const char* kSecp256k1Order =
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141";

// The lower one of s and n - s: both verify, but a signature must have one form only.
bool lower_s(ECDSA_SIG* signature) {
  BIGNUM* order = nullptr;
  BN_hex2bn(&order, kSecp256k1Order);
  const openssl::BigNumber owner(order);
  const BIGNUM* s = ECDSA_SIG_get0_s(signature);
  openssl::BigNumber other(BN_new());
  if (BN_sub(other.get(), order, s) != 1) return false;
  if (BN_cmp(s, other.get()) <= 0) return true;
  openssl::BigNumber r(BN_dup(ECDSA_SIG_get0_r(signature)));
  if (ECDSA_SIG_set0(signature, r.get(), other.get()) != 1) return false;
  (void)r.release();  // ownership has passed to the signature
  (void)other.release();
  return true;
}

// RFC 9421, 3.3.4: r and s, big endian, padded with zeros to the size of the curve.
Result<std::string> raw_of_der(std::string_view der, const Traits& kind) {
  const auto* at = openssl::bytes(der);
  const openssl::EcdsaSignature signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return fail(codes::kInternal, Fatality::fatal, "OpenSSL made no signature");
  if (kind.algorithm == Algorithm::secp256k1 && !lower_s(signature.get()))
    return fail(codes::kInternal, Fatality::fatal, "OpenSSL cannot subtract");
  const int size = static_cast<int>(kind.scalar_bytes);
  std::string raw(2 * kind.scalar_bytes, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), openssl::bytes(raw), size);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), openssl::bytes(raw) + size, size);
  return raw;
}

// Empty when the length is not that of r||s.
std::string der_of_raw(std::string_view raw, const Traits& kind) {
  if (raw.size() != 2 * kind.scalar_bytes) return {};
  const int size = static_cast<int>(kind.scalar_bytes);
  const openssl::EcdsaSignature signature(ECDSA_SIG_new());
  openssl::BigNumber r(BN_bin2bn(openssl::bytes(raw), size, nullptr));
  openssl::BigNumber s(BN_bin2bn(openssl::bytes(raw) + size, size, nullptr));
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // ownership has passed to the signature
  (void)s.release();
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  if (length <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

}  // namespace

struct Key::Handle {
  KeyMaterial material;
};

std::string_view algorithm_name(Algorithm algorithm) {
  return traits(algorithm).name;
}

std::optional<Algorithm> find_algorithm(std::string_view name) {
  for (const auto& kind : kTraits) {
    if (kind.name == name) return kind.algorithm;
  }
  if (name == "secp256k1") return Algorithm::secp256k1;
  return std::nullopt;
}

Key::Key(Algorithm algorithm, std::shared_ptr<const Handle> handle)
    : algorithm_(algorithm), handle_(std::move(handle)) {}

Result<Key> Key::load(Algorithm algorithm, const Secret& material, KeyUse use) {
  const openssl::ErrorMark mark;
  MaterialResult read;
  if (material.reveal().find("-----BEGIN ") != std::string_view::npos) {
    read = read_pem(algorithm, material.reveal());
  } else if (algorithm != Algorithm::hmac_sha256 && algorithm != Algorithm::ed25519 &&
             algorithm != Algorithm::secp256k1) {
    return bad_key(algorithm, "it is no PEM, the only form for this algorithm");
  } else {
    const auto bytes = decode_key_text(algorithm, material.reveal());
    if (!bytes) return bad_key(algorithm, bytes.error());
    read = read_raw(algorithm, *bytes, use);
  }
  if (!read) return bad_key(algorithm, read.error());
  if (use == KeyUse::sign && !read->is_private)
    return bad_key(algorithm, "it is a public key, which cannot sign");
  return Key(algorithm, std::make_shared<const Handle>(Handle{std::move(*read)}));
}

Result<std::string> Key::sign(std::string_view data) const {
  const openssl::ErrorMark mark;
  const auto& material = handle_->material;
  if (!material.is_private) return bad_key(algorithm_, "it is a public key, which cannot sign");
  if (algorithm_ == Algorithm::hmac_sha256) return hmac(material.secret.reveal(), data);
  const Traits& kind = traits(algorithm_);
  const openssl::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const EVP_MD* digest = kind.digest == nullptr ? nullptr : kind.digest();
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(material.pkey.get()));
  std::string signature(size, '\0');
  if (EVP_DigestSignInit(context.get(), &options, digest, nullptr, material.pkey.get()) != 1 ||
      !set_padding(options, algorithm_) ||
      EVP_DigestSign(context.get(), openssl::bytes(signature), &size, openssl::bytes(data),
                     data.size()) != 1) {
    return bad_key(algorithm_, "OpenSSL cannot sign with it");
  }
  signature.resize(size);
  if (kind.scalar_bytes != 0) return raw_of_der(signature, kind);
  return signature;
}

bool Key::verify(std::string_view data, std::string_view signature) const {
  const openssl::ErrorMark mark;
  const auto& material = handle_->material;
  if (algorithm_ == Algorithm::hmac_sha256) {
    const std::string expected = hmac(material.secret.reveal(), data);
    return signature.size() == expected.size() &&
           CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0;
  }
  const Traits& kind = traits(algorithm_);
  std::string der;
  if (kind.scalar_bytes != 0) {
    der = der_of_raw(signature, kind);
    if (der.empty()) return false;
    signature = der;
  }
  const openssl::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const EVP_MD* digest = kind.digest == nullptr ? nullptr : kind.digest();
  return EVP_DigestVerifyInit(context.get(), &options, digest, nullptr, material.pkey.get()) == 1 &&
         set_padding(options, algorithm_) &&
         EVP_DigestVerify(context.get(), openssl::bytes(signature), signature.size(),
                          openssl::bytes(data), data.size()) == 1;
}

}  // namespace gvm::signing
