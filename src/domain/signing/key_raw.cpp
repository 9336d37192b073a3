// Keys given as plain bytes.
#include <openssl/core_names.h>
#include <openssl/obj_mac.h>

#include "signing/key_material.h"

namespace gvm::signing {
namespace {

constexpr std::size_t kScalarBytes = 32;
constexpr std::size_t kPointBytes = 65;  // 0x04, x, y

openssl::Pkey ed25519_key(std::string_view bytes, KeyUse use) {
  const auto make =
      use == KeyUse::sign ? EVP_PKEY_new_raw_private_key : EVP_PKEY_new_raw_public_key;
  return openssl::Pkey(make(EVP_PKEY_ED25519, nullptr, openssl::bytes(bytes), bytes.size()));
}

// The public point of a private scalar; empty when the scalar is not in 1..n-1.
std::string public_point(const EC_GROUP& group, const BIGNUM& scalar) {
  if (BN_is_zero(&scalar) || BN_cmp(&scalar, EC_GROUP_get0_order(&group)) >= 0) return {};
  const openssl::Point point(EC_POINT_new(&group));
  const openssl::BigNumberContext context(BN_CTX_secure_new());
  if (EC_POINT_mul(&group, point.get(), &scalar, nullptr, nullptr, context.get()) != 1) return {};
  std::string octets(kPointBytes, '\0');
  const auto size = EC_POINT_point2oct(&group, point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                       openssl::bytes(octets), octets.size(), context.get());
  return size == kPointBytes ? octets : std::string();
}

openssl::Pkey curve_key(std::string_view point, const BIGNUM* scalar) {
  const openssl::ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_secp256k1, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  if (scalar != nullptr) OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar);
  const openssl::Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const openssl::PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key,
                        scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        params.get()) != 1) {
    return nullptr;
  }
  return openssl::Pkey(key);
}

openssl::Pkey secp256k1_key(std::string_view bytes) {
  if (bytes.size() != kScalarBytes) return curve_key(bytes, nullptr);
  const openssl::Group group(EC_GROUP_new_by_curve_name(NID_secp256k1));
  const openssl::BigNumber scalar(
      BN_bin2bn(openssl::bytes(bytes), static_cast<int>(bytes.size()), BN_secure_new()));
  const std::string point = public_point(*group, *scalar);
  if (point.empty()) return nullptr;
  return curve_key(point, scalar.get());
}

}  // namespace

MaterialResult read_raw(Algorithm algorithm, const Secret& bytes, KeyUse use) {
  KeyMaterial material;
  if (algorithm == Algorithm::hmac_sha256) {
    material.secret = bytes;
    material.is_private = true;
    return material;
  }
  if (algorithm == Algorithm::ed25519) {
    material.pkey = ed25519_key(bytes.reveal(), use);
    material.is_private = use == KeyUse::sign;
  } else {
    material.pkey = secp256k1_key(bytes.reveal());
    material.is_private = bytes.reveal().size() == kScalarBytes;
  }
  if (!material.pkey) return std::unexpected("these bytes are no key of this algorithm");
  return material;
}

}  // namespace gvm::signing
