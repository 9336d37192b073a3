#include "signing/genlayer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/encoding.h"
#include "signing/codes.h"
#include "signing/test_messages.h"
#include "signing/verifier.h"
#include "support/keys.h"

namespace gvm::signing {
namespace {

const GenlayerContext kContext{"0xNode", "0xTx", std::string(32, '\x01'), 1'700'000'000};
constexpr const char* kSalt = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

GenlayerRequest prepare(std::string_view method, std::string_view url, Fields headers = {},
                        std::optional<std::string_view> body = std::nullopt) {
  return prepare_genlayer(method, url::parse(url).value(), std::move(headers), body, kContext)
      .value();
}

TEST(Genlayer, TheBaseIsExactlyWhatReceiversExpect) {
  const auto request =
      prepare("POST", "HTTPS://API.Example.com:443/v1/x?b=2&a=1#frag", {}, R"({"hello": "world"})");
  EXPECT_EQ(
      request.base.text,
      "\"@method\": POST\n"
      "\"@authority\": api.example.com\n"
      "\"@path\": /v1/x\n"
      "\"genlayer-node-address\": 0xNode\n"
      "\"genlayer-tx-id\": 0xTx\n"
      "\"genlayer-salt\": " +
          std::string(kSalt) +
          "\n"
          "\"content-digest\": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n"
          "\"@query\": ?b=2&a=1\n"
          "\"@signature-params\": (\"@method\" \"@authority\" \"@path\" \"genlayer-node-address\" "
          "\"genlayer-tx-id\" \"genlayer-salt\" \"content-digest\" \"@query\")"
          ";created=1700000000;alg=\"ES256K\"");
}

TEST(Genlayer, WithoutBodyAndQueryTheyAreNotCovered) {
  const auto request = prepare("GET", "http://e.com:8080");
  EXPECT_EQ(request.base.text,
            "\"@method\": GET\n\"@authority\": e.com:8080\n\"@path\": /\n"
            "\"genlayer-node-address\": 0xNode\n\"genlayer-tx-id\": 0xTx\n\"genlayer-salt\": " +
                std::string(kSalt) +
                "\n\"@signature-params\": (\"@method\" \"@authority\" \"@path\" "
                "\"genlayer-node-address\" \"genlayer-tx-id\" \"genlayer-salt\")"
                ";created=1700000000;alg=\"ES256K\"");
  EXPECT_FALSE(field_value(request.headers, "content-digest"));
}

TEST(Genlayer, TheProfileOfGenerationCCoversTheSchemeToo) {
  GenlayerContext context = kContext;
  context.profile = GenlayerProfile::with_scheme;
  const auto url = url::parse("https://e.com/p").value();
  const auto request = prepare_genlayer("GET", url, {}, std::nullopt, context).value();
  EXPECT_EQ(request.base.text,
            "\"@method\": GET\n\"@scheme\": https\n\"@authority\": e.com\n\"@path\": /p\n"
            "\"genlayer-node-address\": 0xNode\n\"genlayer-tx-id\": 0xTx\n\"genlayer-salt\": " +
                std::string(kSalt) +
                "\n\"@signature-params\": (\"@method\" \"@scheme\" \"@authority\" \"@path\" "
                "\"genlayer-node-address\" \"genlayer-tx-id\" \"genlayer-salt\")"
                ";created=1700000000;alg=\"ES256K\"");
}

TEST(Genlayer, AnEmptyBodyIsABody) {
  EXPECT_TRUE(field_value(prepare("POST", "http://e.com/", {}, "").headers, "content-digest"));
}

TEST(Genlayer, HeadersThatAreNotTheCallersAreDropped) {
  const auto request = prepare("POST", "http://e.com/",
                               {{"X-Mine", "Kept As Is"},
                                {"Content-Length", "7"},
                                {"HOST", "evil"},
                                {"GenLayer-Node-Address", "forged"},
                                {"genlayer-anything", "forged"},
                                {"@method", "GET"},
                                {"Content-Digest", "sha-256=:AAAA:"}},
                               "body");
  EXPECT_EQ(request.headers.size(), 5U);
  EXPECT_EQ(request.headers.front(), (Field{"x-mine", "Kept As Is"}));
  EXPECT_EQ(field_value(request.headers, "genlayer-node-address"), "0xNode");
  EXPECT_EQ(field_value(request.headers, "genlayer-tx-id"), "0xTx");
  EXPECT_EQ(field_value(request.headers, "genlayer-salt"), kSalt);
  EXPECT_TRUE(std::ranges::all_of(request.headers, [](const Field& field) {
    return std::ranges::none_of(field.name, [](char c) { return c >= 'A' && c <= 'Z'; });
  }));
}

TEST(Genlayer, TheSignersBytesGoIntoTheSignature) {
  auto request = prepare("GET", "http://e.com/");
  const std::string input = request.base.input;
  const auto headers = finish_genlayer(std::move(request), "raw bytes").value();
  EXPECT_EQ(field_value(headers, "signature-input"), "genvm=" + input);
  EXPECT_EQ(field_value(headers, "signature"), "genvm=:cmF3IGJ5dGVz:");
}

TEST(Genlayer, AReceiverVerifiesIt) {
  const auto keys = test::make_ec_keys("secp256k1");
  const auto signer =
      Key::load(Algorithm::secp256k1, Secret(keys.private_pem), KeyUse::sign).value();
  const auto url = url::parse("https://e.com/p?q=1").value();
  auto prepared = prepare_genlayer("PUT", url, {}, "body", kContext).value();
  const auto signature = signer.sign(prepared.base.text).value();
  auto received =
      Message::of_request("PUT", url, finish_genlayer(std::move(prepared), signature).value());
  received.body = "body";
  VerifyPolicy policy;
  policy.now = kContext.created + 3;
  policy.max_age = std::chrono::seconds(300);
  policy.digest = DigestRule::required;
  policy.allowed_algorithms = {Algorithm::secp256k1};
  policy.find_key =
      only_key(Key::load(Algorithm::secp256k1, Secret(keys.public_pem), KeyUse::verify).value());
  EXPECT_TRUE(verify(received, "genvm", policy).valid());
  received.body = "changed";
  EXPECT_FALSE(verify(received, "genvm", policy).valid());
}

TEST(Genlayer, ACallersOwnSignaturesCannotPassAsOurs) {
  auto request = prepare("GET", "http://e.com/",
                         {{"Signature-Input", "mine=(\"@path\"), genvm=()"},
                          {"Signature", "mine=:AAAA:, genvm=:BBBB:"}});
  const auto headers = finish_genlayer(std::move(request), "raw").value();
  EXPECT_EQ(field_value(headers, "signature"), "mine=:AAAA:, genvm=:cmF3:");
  auto broken = prepare("GET", "http://e.com/", {{"Signature", "genvm=:unclosed"}});
  const auto repaired = finish_genlayer(std::move(broken), "raw").value();
  EXPECT_EQ(field_value(repaired, "signature"), "genvm=:cmF3:");
}

TEST(Genlayer, RefusesAHelloThatWouldForgeALine) {
  auto context = kContext;
  context.tx_id = "x\n\"@method\": GET";
  const auto url = url::parse("http://e.com/").value();
  const auto request = prepare_genlayer("GET", url, {}, std::nullopt, context);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code(), codes::kSignBadComponent);
}

TEST(Genlayer, RefusesAnAnswerThatIsNoSignature) {
  for (const auto& answer : {std::string(), std::string(5000, 'x')}) {
    const auto headers = finish_genlayer(prepare("GET", "http://e.com/"), answer);
    ASSERT_FALSE(headers);
    EXPECT_EQ(headers.error().code(), codes::kSignUrlReadFailed);
    EXPECT_TRUE(headers.error().fatal());
  }
}

}  // namespace
}  // namespace gvm::signing
