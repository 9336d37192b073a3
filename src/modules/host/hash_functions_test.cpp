#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "base/encoding.h"
#include "host/keccak.h"
#include "host/test_host_run.h"

namespace gvm::host {

namespace {

std::string hex(const Digest256& digest) {
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string hex_of_call(const std::string& function, const std::string& data) {
  const auto result =
      run_lua("return rs.base64_encode(rs." + function + "(argument))", Value::bytes(data));
  if (!result) return result.error().to_string();
  return hex_encode(*base64_decode(*result->as_string()));
}

TEST(Keccak, MatchesPublishedVectors) {
  EXPECT_EQ(hex(keccak256("")), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(hex(keccak256("abc")),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(hex(keccak256("testing")),
            "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02");
  // The selector of an ERC-20 transfer is a9059cbb.
  EXPECT_EQ(hex(keccak256("transfer(address,uint256)")).substr(0, 8), "a9059cbb");
}

// The same sponge with the padding of FIPS 202 is SHA3-256, of which OpenSSL has another
// implementation.
TEST(Keccak, SpongeAgreesWithOpenSslAtEveryLengthAroundABlock) {
  std::string data;
  for (int length = 0; length <= 420; ++length) {
    Digest256 expected{};
    unsigned size = expected.size();
    ASSERT_EQ(EVP_Digest(data.data(), data.size(), expected.data(), &size, EVP_sha3_256(), nullptr),
              1);
    ASSERT_EQ(hex(keccak_sponge(data, 0x06)), hex(expected)) << "length " << length;
    data += static_cast<char>(length * 7 + 1);
  }
}

TEST(HashFunctions, AnswerRawDigests) {
  EXPECT_EQ(hex_of_call("sha2_256", ""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of_call("sha2_256", "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of_call("sha3_256", "abc"),
            "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
  EXPECT_EQ(hex_of_call("keccak256", ""),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(hex_of_call("sha2_256", std::string("\x00\xff", 2)),
            "06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8");
}

TEST(HashFunctions, RefuseWhatIsNoString) {
  for (const char* name : {"sha2_256", "sha3_256", "keccak256"}) {
    EXPECT_EQ(error_of("rs." + std::string(name) + "({})"), "SCRIPT_BAD_ARGUMENT");
    EXPECT_EQ(error_of("rs." + std::string(name) + "()"), "SCRIPT_BAD_ARGUMENT");
  }
}

}  // namespace

}  // namespace gvm::host
