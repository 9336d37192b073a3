#include "signing/key.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/error_detail.h"
#include "signing/codes.h"
#include "signing/test_messages.h"
#include "support/keys.h"

namespace gvm::signing {
namespace {

constexpr std::string_view kData = "what is signed";

Key load(Algorithm algorithm, std::string text, KeyUse use) {
  auto key = Key::load(algorithm, Secret(std::move(text)), use);
  if (!key) throw std::runtime_error(key.error().to_string());
  return *key;
}

std::string why_not(Algorithm algorithm, std::string text, KeyUse use = KeyUse::verify) {
  const auto key = Key::load(algorithm, Secret(std::move(text)), use);
  if (key) return "";
  EXPECT_EQ(key.error().code(), codes::kSignBadKey);
  EXPECT_TRUE(key.error().fatal());
  return std::string(detail_of(key.error()));
}

void expect_round_trip(Algorithm algorithm, const test::KeyPair& keys, std::size_t size) {
  const Key signer = load(algorithm, keys.private_pem, KeyUse::sign);
  const Key verifier = load(algorithm, keys.public_pem, KeyUse::verify);
  const auto signature = signer.sign(kData).value();
  EXPECT_EQ(signature.size(), size);
  EXPECT_TRUE(verifier.verify(kData, signature));
  EXPECT_TRUE(signer.verify(kData, signature)) << "a private key verifies, too";
  EXPECT_FALSE(verifier.verify("something else", signature));
  for (std::size_t at = 0; at < signature.size(); at += 7) {
    std::string changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(verifier.verify(kData, changed)) << "byte " << at;
  }
  EXPECT_FALSE(verifier.verify(kData, ""));
  EXPECT_FALSE(verifier.verify(kData, signature + '\0'));
  EXPECT_FALSE(verifier.verify(kData, signature.substr(1)));
  EXPECT_FALSE(verifier.sign(kData)) << "a public key does not sign";
  EXPECT_EQ(ERR_peek_error(), 0U) << "OpenSSL's queue of the thread stays clean";
}

TEST(Key, EveryAlgorithmSignsAndVerifies) {
  const auto rsa = test::make_rsa_keys();
  expect_round_trip(Algorithm::ed25519, test::make_ed25519_keys(), 64);
  expect_round_trip(Algorithm::ecdsa_p256_sha256, test::make_ec_keys("prime256v1"), 64);
  expect_round_trip(Algorithm::ecdsa_p384_sha384, test::make_ec_keys("secp384r1"), 96);
  expect_round_trip(Algorithm::secp256k1, test::make_ec_keys("secp256k1"), 64);
  expect_round_trip(Algorithm::rsa_pss_sha512, rsa, 256);
  expect_round_trip(Algorithm::rsa_v1_5_sha256, rsa, 256);
}

TEST(Key, HmacComparesTheWholeMac) {
  const Key key = load(Algorithm::hmac_sha256, std::string(64, 'a'), KeyUse::sign);
  const auto mac = key.sign(kData).value();
  EXPECT_EQ(mac.size(), 32U);
  EXPECT_TRUE(key.verify(kData, mac));
  EXPECT_FALSE(key.verify(kData, mac.substr(0, 31)));
  EXPECT_FALSE(key.verify("other", mac));
}

TEST(Key, AlgorithmsHaveTheirRegisteredNames) {
  for (const char* name : {"ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "rsa-pss-sha512",
                           "rsa-v1_5-sha256", "hmac-sha256", "ES256K"}) {
    ASSERT_TRUE(find_algorithm(name)) << name;
    EXPECT_EQ(algorithm_name(*find_algorithm(name)), name);
  }
  EXPECT_EQ(find_algorithm("secp256k1"), Algorithm::secp256k1);
  EXPECT_FALSE(find_algorithm("none"));
}

// s is in the second half; the middle of the order starts with 0x7FFF...
TEST(Key, Secp256k1SignaturesHaveTheLowS) {
  const Key key =
      load(Algorithm::secp256k1, test::make_ec_keys("secp256k1").private_pem, KeyUse::sign);
  const auto half =
      hex_decode("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0").value();
  for (int i = 0; i < 64; ++i) {
    const auto signature = key.sign(std::to_string(i)).value();
    const auto s = signature.substr(32);
    EXPECT_TRUE(std::ranges::lexicographical_compare(s, half,
                                                     [](char a, char b) {
                                                       return static_cast<unsigned char>(a) <
                                                              static_cast<unsigned char>(b);
                                                     }) ||
                s == half);
    EXPECT_TRUE(key.verify(std::to_string(i), signature));
  }
}

// The scalar 1 has the curve's base point (SEC 2, 2.4.1) as its public key.
TEST(Key, RawSecp256k1KeysAreReadInEveryForm) {
  const std::string one = std::string(62, '0') + "01";
  const std::string x = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
  const std::string y = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
  const Key signer = load(Algorithm::secp256k1, one, KeyUse::sign);
  const auto signature = signer.sign(kData).value();
  for (const std::string& text : {"02" + x, "hex:04" + x + y, "0x02" + x,
                                  "base64:" + base64_encode(*hex_decode("02" + x)), one}) {
    EXPECT_TRUE(load(Algorithm::secp256k1, text, KeyUse::verify).verify(kData, signature)) << text;
  }
  EXPECT_NE(why_not(Algorithm::secp256k1, std::string(64, '0')), "") << "zero is no scalar";
  EXPECT_NE(why_not(Algorithm::secp256k1, std::string(64, 'f')), "") << "over the order";
  EXPECT_NE(why_not(Algorithm::secp256k1, "04" + x + x), "") << "not on the curve";
  EXPECT_NE(why_not(Algorithm::secp256k1, "02" + x, KeyUse::sign), "") << "public";
}

TEST(Key, RawEd25519KeysAreReadForTheirUse) {
  // RFC 9421, B.1.4: d and x of the JWK
  const auto d = base64_decode("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU").value();
  const auto x = base64_decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs").value();
  const auto signature = load(Algorithm::ed25519, hex_encode(d), KeyUse::sign).sign(kData).value();
  EXPECT_EQ(load(Algorithm::ed25519, kTestEd25519, KeyUse::sign).sign(kData).value(), signature);
  EXPECT_TRUE(
      load(Algorithm::ed25519, base64_encode(x) + "\n", KeyUse::verify).verify(kData, signature));
}

TEST(Key, AnHmacSecretIsHexOrBase64) {
  const std::string secret = "sixteen bytes ok";
  const auto mac = load(Algorithm::hmac_sha256, "base64:" + base64_encode(secret), KeyUse::sign)
                       .sign(kData)
                       .value();
  EXPECT_EQ(load(Algorithm::hmac_sha256, hex_encode(secret), KeyUse::sign).sign(kData), mac);
  EXPECT_EQ(load(Algorithm::hmac_sha256, base64_encode(secret), KeyUse::sign).sign(kData), mac);
  EXPECT_NE(why_not(Algorithm::hmac_sha256, ""), "");
  EXPECT_NE(why_not(Algorithm::hmac_sha256, hex_encode("short")), "");
  EXPECT_NE(why_not(Algorithm::hmac_sha256, kTestEd25519), "");
}

TEST(Key, OlderPemFormsAreRead) {
  // A P-256 key in the form of RFC 5915, behind its parameters; RFC 9421, B.1.3.
  const std::string key =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
      "-----BEGIN EC PRIVATE KEY-----\n"
      "MHcCAQEEIFKbhfNZfpDsW43+0+JjUr9K+bTeuxopu653+hBaXGA7oAoGCCqGSM49\n"
      "AwEHoUQDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM\n"
      "4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"
      "-----END EC PRIVATE KEY-----\n";
  std::string one_line = key;
  std::ranges::replace(one_line, '\n', ' ');
  for (const auto& text : {key, one_line}) {
    const Key signer = load(Algorithm::ecdsa_p256_sha256, text, KeyUse::sign);
    EXPECT_TRUE(signer.verify(kData, signer.sign(kData).value()));
  }
}

TEST(Key, SaysWhatIsWrongWithoutTheKey) {
  const auto p256 = test::make_ec_keys("prime256v1");
  EXPECT_NE(why_not(Algorithm::ed25519, p256.public_pem).find("no Ed25519 key"), std::string::npos);
  EXPECT_NE(why_not(Algorithm::secp256k1, p256.public_pem).find("curve"), std::string::npos);
  EXPECT_NE(why_not(Algorithm::rsa_pss_sha512, p256.public_pem).find("no RSA key"),
            std::string::npos);
  EXPECT_NE(why_not(Algorithm::rsa_pss_sha512, "0011").find("no PEM"), std::string::npos);
  EXPECT_NE(why_not(Algorithm::rsa_pss_sha512, test::make_rsa_keys(1024).public_pem).find("2048"),
            std::string::npos);
  EXPECT_NE(why_not(Algorithm::ecdsa_p256_sha256, p256.public_pem, KeyUse::sign).find("public key"),
            std::string::npos);
  const std::string broken = p256.private_pem.substr(0, p256.private_pem.size() / 2);
  EXPECT_NE(why_not(Algorithm::ecdsa_p256_sha256, broken).find("END"), std::string::npos);
  for (const char* text :
       {"-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN X-----AAAA-----END X-----",
        "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE "
        "KEY-----"})
    EXPECT_NE(why_not(Algorithm::ecdsa_p256_sha256, text), "") << text;
  const std::string message = why_not(Algorithm::ed25519, "c2VjcmV0LXNlY3JldC1zZWNyZXQ=");
  EXPECT_EQ(message.find("c2Vj"), std::string::npos) << message;
}

}  // namespace
}  // namespace gvm::signing
