// Our signatures compared with http-message-signatures (Python) and http-message-sig (npm): each
// side verifies what the other signs, and no side accepts a changed message.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "base/encoding.h"
#include "base/json.h"
#include "signing/content_digest.h"
#include "signing/genlayer.h"
#include "signing/signer.h"
#include "signing/verifier.h"
#include "support/keys.h"
#include "support/line_process.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::signing {
namespace {

constexpr std::int64_t kCreated = 1'700'000'000;
constexpr const char* kBody = R"({"hello": "world"})";

struct Implementation {
  const char* name;
  std::vector<std::string> command;
  const char* set_up_by;
  std::vector<const char*> extra_components;  // beyond what both know
  bool needs_keyid;
};

std::vector<Implementation> implementations() {
  const std::string source = test::source_dir();
  return {{"Python",
           {test::python_of_tests(source), source + "/tests/foreign/signing_python.py"},
           "scripts/setup-python.sh",
           {R"("@query-param";name="Pet")", R"("priority";sf)", R"("accept";bs)"},
           true},
          {"Node",
           {source + "/build/node/node", source + "/tests/foreign/signing_node.mjs",
            source + "/build/node"},
           "scripts/setup-node.sh",
           {},
           false}};
}

void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

struct Keys {
  Algorithm algorithm;
  std::string sign;  // as the foreign programs take it: PEM, or hex for HMAC
  std::string verify;
};

std::vector<Keys> make_keys() {
  std::vector<Keys> keys;
  const auto add = [&keys](Algorithm algorithm, const test::KeyPair& pair) {
    keys.push_back({algorithm, pair.private_pem, pair.public_pem});
  };
  const auto rsa = test::make_rsa_keys();
  add(Algorithm::ed25519, test::make_ed25519_keys());
  add(Algorithm::ecdsa_p256_sha256, test::make_ec_keys("prime256v1"));
  add(Algorithm::ecdsa_p384_sha384, test::make_ec_keys("secp384r1"));
  add(Algorithm::secp256k1, test::make_ec_keys("secp256k1"));
  add(Algorithm::rsa_pss_sha512, rsa);
  add(Algorithm::rsa_v1_5_sha256, rsa);
  const std::string secret = hex_encode("a secret of thirty-two bytes 123");
  keys.push_back({Algorithm::hmac_sha256, secret, secret});
  return keys;
}

Message request() {
  auto message = Message::of_request(
      "POST", url::parse("https://Example.com:443/foo?param=Value&Pet=dog%20%26%20cat").value(),
      {{"Date", "Tue, 20 Apr 2021 02:07:55 GMT"},
       {"Accept", "text/html"},
       {"Accept", "  */*  "},
       {"Priority", "u=1,    i"},
       {"Content-Type", "application/json"}});
  message.body = kBody;
  message.headers.push_back(
      {"Content-Digest", content_digest(DigestAlgorithm::sha_256, *message.body)});
  return message;
}

std::vector<std::string> covered(const Implementation& implementation) {
  std::vector<std::string> components = {
      "@method", "@target-uri", "@authority", "@scheme",        "@request-target",      "@path",
      "@query",  "date",        "accept",     "content-digest", R"("priority";key="u")"};
  components.insert(components.end(), implementation.extra_components.begin(),
                    implementation.extra_components.end());
  return components;
}

Value json_of(const Message& message) {
  Value::Array headers;
  for (const auto& field : message.headers)
    headers.push_back(Value::array({Value::string(field.name), Value::string(field.value)}));
  if (message.kind == Message::Kind::request) {
    return Value::fields(
        "method", Value::string(message.method), "url", Value::string(message.target.uri), "target",
        Value::string(message.target.request_target), "headers", Value::array(std::move(headers)));
  }
  return Value::fields("status", Value::integer(Integer(message.status)), "headers",
                       Value::array(std::move(headers)), "request", json_of(*message.request));
}

class Foreign : public testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(GetParam().command.front()))
      GTEST_SKIP() << GetParam().command.front() << " is not there: " << GetParam().set_up_by
                   << " makes it";
    process_ = std::make_unique<test::LineProcess>(GetParam().command);
  }

  Value ask(const Value& question) {
    const std::string answer = process_->ask(json::write(question));
    return text::parse_json(answer).value();
  }

  std::string their_verdict(const Message& message, const Keys& keys, const std::string& label) {
    const Value answer = ask(Value::fields(
        "op", Value::string("verify"), "algorithm",
        Value::string(std::string(algorithm_name(keys.algorithm))), "key",
        Value::string(keys.verify), "label", Value::string(label), "message", json_of(message)));
    const Value* ok = answer.find("ok");
    if (ok != nullptr && *ok == Value::boolean(true)) return "valid";
    return json::write(answer);
  }

  // `message` with the signature fields they made.
  Message signed_by_them(Message message, const Keys& keys,
                         const std::vector<std::string>& components) {
    Value::Array names;
    for (const auto& name : components) {
      const auto component = Component::parse(name).value();
      names.push_back(
          Value::string(component.parameters.empty() ? component.name : component.to_string()));
    }
    const Value answer = ask(
        Value::fields("op", Value::string("sign"), "algorithm",
                      Value::string(std::string(algorithm_name(keys.algorithm))), "key",
                      Value::string(keys.sign), "label", Value::string("theirs"), "keyid",
                      Value::string("a key"), "created", Value::integer(Integer(kCreated)),
                      "components", Value::array(std::move(names)), "message", json_of(message)));
    const Value* input = answer.find("input");
    EXPECT_NE(input, nullptr) << json::write(answer);
    if (input == nullptr) return message;
    set_signature_fields(message.headers,
                         {std::string(*input->as_string()),
                          std::string(*answer.find("signature")->as_string()), ""});
    return message;
  }

  std::unique_ptr<test::LineProcess> process_;
};

Key our_key(const Keys& keys, KeyUse use) {
  return Key::load(keys.algorithm, Secret(use == KeyUse::sign ? keys.sign : keys.verify), use)
      .value();
}

Message signed_by_us(Message message, const Keys& keys,
                     const std::vector<std::string>& components) {
  SignSpec spec{"ours", parse_components(components).value(), {}, {}};
  spec.params.created(kCreated).keyid("a key").alg(std::string(algorithm_name(keys.algorithm)));
  const auto fields = sign(message, spec, our_key(keys, KeyUse::sign));
  EXPECT_TRUE(fields) << (fields ? "" : fields.error().to_string());
  if (fields) set_signature_fields(message.headers, *fields);
  return message;
}

Verification our_verdict(const Message& message, const Keys& keys) {
  VerifyPolicy policy;
  policy.now = kCreated + 1;
  policy.find_key = only_key(our_key(keys, KeyUse::verify));
  return verify(message, "", policy);
}

TEST_P(Foreign, VerifiesWhatWeSign) {
  for (const auto& keys : make_keys()) {
    const auto message = signed_by_us(request(), keys, covered(GetParam()));
    EXPECT_EQ(their_verdict(message, keys, "ours"), "valid") << algorithm_name(keys.algorithm);
  }
}

TEST_P(Foreign, RefusesWhatWasChangedAfterWeSigned) {
  for (const auto& keys : make_keys()) {
    auto message = signed_by_us(request(), keys, covered(GetParam()));
    message.method = "PUT";
    EXPECT_NE(their_verdict(message, keys, "ours"), "valid") << algorithm_name(keys.algorithm);
  }
}

TEST_P(Foreign, SignsWhatWeVerify) {
  for (const auto& keys : make_keys()) {
    auto message = signed_by_them(request(), keys, covered(GetParam()));
    const auto verdict = our_verdict(message, keys);
    EXPECT_TRUE(verdict.valid()) << algorithm_name(keys.algorithm) << ": "
                                 << verdict.first_failure()->detail << "\n"
                                 << verdict.base;
    EXPECT_EQ(verdict.components.size(), covered(GetParam()).size());
    message.method = "PUT";
    EXPECT_FALSE(our_verdict(message, keys).valid());
  }
}

TEST_P(Foreign, AgreesOnAResponseWithItsRequest) {
  const auto asked = request();
  auto response = Message::of_response(503, {{"Content-Type", "application/json"}}, &asked);
  const std::vector<std::string> components = {"@status", "content-type", "@method;req",
                                               "@path;req", "content-digest;req"};
  const Keys keys = make_keys().front();
  EXPECT_EQ(their_verdict(signed_by_us(response, keys, components), keys, "ours"), "valid");
  EXPECT_TRUE(our_verdict(signed_by_them(response, keys, components), keys).valid());
}

// The standard's ECDSA does not require the lower s; half of these signatures have the higher one.
TEST_P(Foreign, BothFormsOfAnEs256kSignatureAreTaken) {
  const auto pair = test::make_ec_keys("secp256k1");
  const Keys keys{Algorithm::secp256k1, pair.private_pem, pair.public_pem};
  for (int i = 0; i < 24; ++i)
    EXPECT_TRUE(our_verdict(signed_by_them(request(), keys, {"@path"}), keys).valid());
}

// The headers that existing receivers get, verified by a library that does not know the profile.
// (The Python one requires a keyid, which the profile does not have.)
TEST_P(Foreign, VerifiesTheGenlayerProfile) {
  const auto pair = test::make_ec_keys("secp256k1");
  const Keys keys{Algorithm::secp256k1, pair.private_pem, pair.public_pem};
  const auto url = url::parse("https://api.example.com/v1/x?b=2&a=1").value();
  auto prepared = prepare_genlayer("POST", url, {{"X-Mine", "kept"}}, kBody,
                                   {"0xNode", "0xTx", std::string(32, '\x07'), kCreated})
                      .value();
  const auto signature = our_key(keys, KeyUse::sign).sign(prepared.base.text).value();
  auto message =
      Message::of_request("POST", url, finish_genlayer(std::move(prepared), signature).value());
  const std::string verdict = their_verdict(message, keys, "genvm");
  if (GetParam().needs_keyid) {
    EXPECT_NE(verdict.find("missing a required \\\"keyid\\\""), std::string::npos) << verdict;
    return;
  }
  EXPECT_EQ(verdict, "valid");
  message.target.uri = "https://api.example.com/v1/y?b=2&a=1";
  EXPECT_NE(their_verdict(message, keys, "genvm"), "valid");
}

INSTANTIATE_TEST_SUITE_P(Signing, Foreign, testing::ValuesIn(implementations()),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace gvm::signing
