// RFC 9421, appendix B.2, and the signed response of 2.4.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "signing/content_digest.h"
#include "signing/signer.h"
#include "signing/test_messages.h"
#include "signing/verifier.h"

namespace gvm::signing {
namespace {

struct Vector {
  const char* name;  // of the files
  const char* kind;  // "request" or "response"
  const char* label;
  Algorithm algorithm;
  const char* key;  // a file, of the public key or the secret
};

void PrintTo(const Vector& vector, std::ostream* out) {
  *out << vector.name;
}

class Rfc9421 : public testing::TestWithParam<Vector> {
 protected:
  void SetUp() override {
    if (!vector_file(GetParam().key)) GTEST_SKIP() << "../shared/data/rfc9421 is not there";
    message_ = message_of(file("_signed.txt"), "https");
  }
  std::string file(const char* suffix) const {
    return vector_file(std::string(GetParam().name) + "_" + GetParam().kind + suffix).value();
  }
  Key key() const {
    return Key::load(GetParam().algorithm, Secret(*vector_file(GetParam().key)), KeyUse::verify)
        .value();
  }
  VerifyPolicy policy() const {
    VerifyPolicy policy;
    policy.find_key = only_key(key());
    policy.now = 1618884473;
    return policy;
  }
  Message message_;
};

TEST_P(Rfc9421, TheBaseIsTheSameByteForByte) {
  const auto result = verify(message_, GetParam().label, policy());
  EXPECT_EQ(result.base, file("_sigbase.txt"));
}

TEST_P(Rfc9421, TheSignatureIsValid) {
  const auto result = verify(message_, GetParam().label, policy());
  ASSERT_TRUE(result.valid()) << result.first_failure()->detail;
  EXPECT_EQ(result.label, GetParam().label);
  EXPECT_EQ(result.params.created(), 1618884473);
}

TEST_P(Rfc9421, TheSignatureIsOfThisBaseOnly) {
  auto changed = message_;
  auto input = *field_value(changed.headers, "signature-input");
  input.replace(input.find("1618884473"), 10, "1618884474");
  remove_field(changed.headers, "signature-input");
  changed.headers.push_back({"Signature-Input", input});
  auto later = policy();
  later.now += 1;
  const auto result = verify(changed, "", later);
  ASSERT_NE(result.first_failure(), nullptr);
  EXPECT_EQ(result.first_failure()->failure, VerifyFailure::bad_signature);
}

INSTANTIATE_TEST_SUITE_P(
    B2, Rfc9421,
    testing::Values(
        Vector{"b21", "request", "sig-b21", Algorithm::rsa_pss_sha512, "test-key-rsa-pss.pub"},
        Vector{"b22", "request", "sig-b22", Algorithm::rsa_pss_sha512, "test-key-rsa-pss.pub"},
        Vector{"b23", "request", "sig-b23", Algorithm::rsa_pss_sha512, "test-key-rsa-pss.pub"},
        Vector{"b24", "response", "sig-b24", Algorithm::ecdsa_p256_sha256, "test-key-ecc-p256.pub"},
        Vector{"b25", "request", "sig-b25", Algorithm::hmac_sha256, "test-shared-secret"},
        Vector{"b26", "request", "sig-b26", Algorithm::ed25519, "test-key-ed25519.pub"}),
    [](const auto& vector) { return std::string(vector.param.name); });

// Computes from the unsigned message, by `spec`, what the vector contains.
void expect_same_headers(const char* vector, const SignSpec& spec, const Key& key) {
  const auto unsigned_text = vector_file("rfc-test-request.txt");
  if (!unsigned_text) GTEST_SKIP() << "../shared/data/rfc9421 is not there";
  auto message = message_of(*unsigned_text);
  const auto expected =
      message_of(vector_file(std::string(vector) + "_request_signed.txt").value());
  const auto signature = sign(message, spec, key);
  ASSERT_TRUE(signature) << signature.error().to_string();
  EXPECT_EQ(signature->input, field_value(expected.headers, "signature-input"));
  EXPECT_EQ(signature->signature, field_value(expected.headers, "signature"));
  EXPECT_EQ(signature->base, vector_file(std::string(vector) + "_request_sigbase.txt"));
}

TEST(Rfc9421Signing, HmacIsTheSameByteForByte) {
  const auto secret = vector_file("test-shared-secret");
  if (!secret) GTEST_SKIP() << "../shared/data/rfc9421 is not there";
  SignSpec spec{
      "sig-b25", parse_components({"date", "@authority", "content-type"}).value(), {}, {}};
  spec.params.created(1618884473).keyid("test-shared-secret");
  expect_same_headers("b25", spec,
                      Key::load(Algorithm::hmac_sha256, Secret(*secret), KeyUse::sign).value());
}

TEST(Rfc9421Signing, Ed25519IsTheSameByteForByte) {
  SignSpec spec{
      "sig-b26",
      parse_components({"date", "@method", "@path", "@authority", "content-type", "content-length"})
          .value(),
      {},
      {}};
  spec.params.created(1618884473).keyid("test-key-ed25519");
  expect_same_headers("b26", spec,
                      Key::load(Algorithm::ed25519, Secret(kTestEd25519), KeyUse::sign).value());
}

TEST(Rfc9421Keys, EveryPublicKeyOfTheStandardIsRead) {
  const std::pair<const char*, Algorithm> keys[] = {
      {"test-key-ecc-p256.pub", Algorithm::ecdsa_p256_sha256},
      {"test-key-ecc-p384.pub", Algorithm::ecdsa_p384_sha384},
      {"test-key-ed25519.pub", Algorithm::ed25519},
      {"test-key-rsa-pss.pub", Algorithm::rsa_pss_sha512},
      {"test-key-rsa.pub", Algorithm::rsa_v1_5_sha256}};
  for (const auto& [name, algorithm] : keys) {
    const auto text = vector_file(name);
    if (!text) GTEST_SKIP() << "../shared/data/rfc9421 is not there";
    const auto key = Key::load(algorithm, Secret(*text), KeyUse::verify);
    EXPECT_TRUE(key) << name << ": " << (key ? "" : key.error().to_string());
  }
}

// RFC 9421, 2.4: a response that covers its request.
constexpr const char* kSignedResponse =
    "HTTP/1.1 503 Service Unavailable\n"
    "Date: Tue, 20 Apr 2021 02:07:56 GMT\n"
    "Content-Type: application/json\n"
    "Content-Length: 62\n"
    "Content-Digest: sha-512=:0Y6iCBzGg5rZtoXS95Ijz03mslf6KAMCloESHObfwnHJDbkkWWQz6PhhU9kxsTbARtY2P"
    "TBOzq24uJFpHsMuAg==:\n"
    "Signature-Input: reqres=(\"@status\" \"content-digest\" \"content-type\" \"@authority\";req "
    "\"@method\";req \"@path\";req \"content-digest\";req);created=1618884479;"
    "keyid=\"test-key-ecc-p256\"\n"
    "Signature: reqres=:dMT/A/76ehrdBTD/2Xx8QuKV6FoyzEP/I9hdzKN8LQJLNgzU4W767HK05rx1i8meNQQgQPgQp8w"
    "q2ive3tV5Ag==:\n"
    "\n"
    "{\"busy\": true, \"message\": \"Your call is very important to us\"}\n";

TEST(Rfc9421Example, TheResponseOfSection24IsValid) {
  const auto pem = vector_file("test-key-ecc-p256.pub");
  if (!pem) GTEST_SKIP() << "../shared/data/rfc9421 is not there";
  const auto request = message_of(kTestRequest);
  auto response = message_of(kSignedResponse);
  response.request = &request;
  VerifyPolicy policy;
  policy.now = 1618884479;
  policy.find_key =
      only_key(Key::load(Algorithm::ecdsa_p256_sha256, Secret(*pem), KeyUse::verify).value());
  const auto result = verify(response, "reqres", policy);
  EXPECT_TRUE(result.valid()) << result.first_failure()->detail << result.base;
}

TEST(ContentDigest, IsTheStandardsOwn) {
  const std::string body = R"({"hello": "world"})";
  // RFC 9530, appendix D
  EXPECT_EQ(content_digest(DigestAlgorithm::sha_256, body),
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
  EXPECT_EQ(
      content_digest(DigestAlgorithm::sha_512, body),
      "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTH"
      "WXvJwew==:");
}

TEST(ContentDigest, IsChecked) {
  const std::string one = content_digest(DigestAlgorithm::sha_256, "one");
  const std::string two = content_digest(DigestAlgorithm::sha_512, "two");
  EXPECT_EQ(check_content_digest(one, "one"), DigestState::matches);
  EXPECT_EQ(check_content_digest(one, "two"), DigestState::differs);
  EXPECT_EQ(check_content_digest(one + ", " + two, "one"), DigestState::differs)
      << "all must match";
  EXPECT_EQ(check_content_digest(one + ", md5=:AAAA:", "one"), DigestState::matches);
  EXPECT_EQ(check_content_digest("md5=:AAAA:", "one"), DigestState::unknown);
  EXPECT_EQ(check_content_digest("", "one"), DigestState::unknown);
  EXPECT_EQ(check_content_digest("sha-256=abc", "one"), DigestState::malformed);
  EXPECT_EQ(check_content_digest("sha-256=:AAAA", "one"), DigestState::malformed);
}

}  // namespace
}  // namespace gvm::signing
