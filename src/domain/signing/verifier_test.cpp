#include "signing/verifier.h"

#include <gtest/gtest.h>

#include "signing/codes.h"
#include "signing/content_digest.h"
#include "signing/signer.h"
#include "signing/test_messages.h"

namespace gvm::signing {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

Key signer() {
  return Key::load(Algorithm::ed25519, Secret(kTestEd25519), KeyUse::sign).value();
}

VerifyPolicy policy_at(std::int64_t now) {
  VerifyPolicy policy;
  policy.find_key =
      only_key(Key::load(Algorithm::ed25519, Secret(kTestEd25519Public), KeyUse::verify).value());
  policy.now = now;
  return policy;
}

SignatureParams params() {
  return SignatureParams().created(kNow).keyid("k");
}

SignSpec spec_of(const std::vector<std::string>& components, SignatureParams given = params()) {
  return {"sig1", parse_components(components).value(), std::move(given), {}};
}

Message signed_message(Message message, const SignSpec& spec) {
  const auto fields = sign(message, spec, signer());
  EXPECT_TRUE(fields) << (fields ? "" : fields.error().to_string());
  if (fields) set_signature_fields(message.headers, *fields);
  return message;
}

Message signed_request(const SignSpec& spec = spec_of({"@method", "@path"})) {
  return signed_message(message_of(kTestRequest), spec);
}

std::string failure(const Message& message, const VerifyPolicy& policy,
                    std::string_view label = "") {
  const auto result = verify(message, label, policy);
  const auto* first = result.first_failure();
  return first == nullptr ? "VALID" : std::string(failure_code(*first->failure));
}

void replace_field(Message& message, const std::string& name, std::string value) {
  remove_field(message.headers, name);
  message.headers.push_back({name, std::move(value)});
}

TEST(Verifier, AcceptsWhatTheSignerMade) {
  const auto result = verify(signed_request(), "", policy_at(kNow + 5));
  EXPECT_TRUE(result.valid());
  EXPECT_EQ(result.label, "sig1");
  EXPECT_EQ(*result.params.keyid(), "k");
  EXPECT_EQ(result.components.size(), 2U);
}

struct Tamper {
  const char* component;
  void (*change)(Message&);
};

// Changing any covered component breaks the signature.
TEST(Verifier, NoticesAChangeOfEveryComponent) {
  const Tamper kTampers[] = {
      {"@method", [](Message& m) { m.method = "PUT"; }},
      {"@target-uri", [](Message& m) { m.target.uri += "x"; }},
      {"@authority", [](Message& m) { m.target.authority = "evil.com"; }},
      {"@scheme", [](Message& m) { m.target.scheme = "http"; }},
      {"@request-target", [](Message& m) { m.target.request_target += "&a=b"; }},
      {"@path", [](Message& m) { m.target.path = "/bar"; }},
      {"@query", [](Message& m) { m.target.query += "&a=b"; }},
      {R"("@query-param";name="Pet")", [](Message& m) { m.target.query = "?Pet=cat"; }},
      {"date", [](Message& m) { replace_field(m, "Date", "Tue, 20 Apr 2021 02:07:56 GMT"); }},
      {"content-type", [](Message& m) { m.headers.push_back({"Content-Type", "text/plain"}); }},
      {"content-type;bs", [](Message& m) { replace_field(m, "Content-Type", "text/plain"); }},
      {"content-digest;sf",
       [](Message& m) { m.headers.push_back({"Content-Digest", "a=:AAAA:"}); }},
      {R"("content-digest";key="sha-512")",
       [](Message& m) { replace_field(m, "Content-Digest", "sha-512=:AAAA:"); }},
      {"content-length", [](Message& m) { replace_field(m, "Content-Length", "19"); }},
  };
  for (const auto& tamper : kTampers) {
    const auto good = signed_request(spec_of({tamper.component}));
    ASSERT_EQ(failure(good, policy_at(kNow)), "VALID") << tamper.component;
    auto bad = good;
    tamper.change(bad);
    EXPECT_EQ(failure(bad, policy_at(kNow)), "BAD_SIGNATURE") << tamper.component;
  }
}

TEST(Verifier, NoticesAChangeOfWhatIsSaidOfTheSignature) {
  const auto good = signed_request(spec_of(
      {"@method", "@path"}, params().expires(kNow + 60).nonce("n").tag("t").alg("ed25519")));
  const auto input = *field_value(good.headers, "signature-input");
  const std::pair<const char*, const char*> changes[] = {
      {"\"@method\" ", ""},
      {"\"@method\" \"@path\"", "\"@path\" \"@method\""},
      {"keyid=\"k\"", "keyid=\"l\""},
      {"nonce=\"n\"", "nonce=\"m\""},
      {"tag=\"t\"", "tag=\"u\""},
      {"expires=1700000060", "expires=1700000061"},
      {"created=1700000000", "created=1699999999"}};
  for (const auto& [from, to] : changes) {
    auto bad = good;
    std::string changed = input;
    const auto at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    changed.replace(at, std::string_view(from).size(), to);
    replace_field(bad, "signature-input", changed);
    EXPECT_EQ(failure(bad, policy_at(kNow)), "BAD_SIGNATURE") << from;
  }
}

TEST(Verifier, AResponseIsBoundToItsRequest) {
  const auto request = message_of(kTestRequest);
  auto response = signed_message(Message::of_response(200, {}, &request),
                                 spec_of({"@status", "@method;req", "@path;req"}));
  EXPECT_EQ(failure(response, policy_at(kNow)), "VALID");
  auto other = request;
  other.target.path = "/bar";
  response.request = &other;
  EXPECT_EQ(failure(response, policy_at(kNow)), "BAD_SIGNATURE");
  response.request = nullptr;
  EXPECT_EQ(failure(response, policy_at(kNow)), "COMPONENT_UNAVAILABLE");
}

TEST(Verifier, SaysWhenThereIsNoSignature) {
  EXPECT_EQ(failure(message_of(kTestRequest), policy_at(kNow)), "MISSING_SIGNATURE");
  EXPECT_EQ(failure(signed_request(), policy_at(kNow), "other"), "MISSING_SIGNATURE");
}

TEST(Verifier, SaysWhenTheFieldsAreBroken) {
  const auto with = [](std::string input, std::string signature) {
    auto message = message_of(kTestRequest);
    message.headers.push_back({"Signature-Input", std::move(input)});
    message.headers.push_back({"Signature", std::move(signature)});
    return failure(message, policy_at(kNow));
  };
  EXPECT_EQ(with("sig1=(", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=()", "sig1=:A"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=()", "sig2=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=\"x\"", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=()", "sig1=\"AA==\""), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=(1)", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=(\"@path\" \"@path\")", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=(\"@signature-params\")", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=();created=\"now\"", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=();keyid=k", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=();created=1.0", "sig1=:AA==:"), "MALFORMED_SIGNATURE");
  EXPECT_EQ(with("sig1=(), sig1=()", "sig1=:AA==:"), "MALFORMED_SIGNATURE") << "a label twice";
  EXPECT_EQ(with("sig1=()", "sig1=:AA==:"), "BAD_SIGNATURE");
}

TEST(Verifier, AmongSeveralSignaturesALabelIsNeeded) {
  auto message = signed_request();
  auto second = spec_of({"date"});
  second.label = "sig2";
  message = signed_message(message, second);
  EXPECT_EQ(signature_labels(message), (std::vector<std::string>{"sig1", "sig2"}));
  EXPECT_EQ(failure(message, policy_at(kNow)), "AMBIGUOUS_SIGNATURE");
  EXPECT_EQ(failure(message, policy_at(kNow), "sig1"), "VALID");
  EXPECT_EQ(failure(message, policy_at(kNow), "sig2"), "VALID");
  // One signature can cover another.
  auto third = spec_of({R"("signature";key="sig1")", R"("signature-input";key="sig1")"});
  third.label = "sig3";
  message = signed_message(message, third);
  EXPECT_EQ(failure(message, policy_at(kNow), "sig3"), "VALID");
}

TEST(Verifier, AnUnknownKeyIsNamed) {
  auto policy = policy_at(kNow);
  policy.find_key = [](const SignatureParams&) { return std::shared_ptr<const Key>(); };
  const auto result = verify(signed_request(), "", policy);
  EXPECT_EQ(failure(signed_request(), policy), "UNKNOWN_KEY");
  EXPECT_EQ(result.first_failure()->detail, "keyid \"k\"");
}

TEST(Verifier, TheKeyDecidesTheAlgorithm) {
  auto message = signed_request(spec_of({"@path"}, params().alg("ed25519")));
  auto policy = policy_at(kNow);
  policy.allowed_algorithms = {Algorithm::rsa_pss_sha512};
  EXPECT_EQ(failure(message, policy), "ALGORITHM_NOT_ALLOWED");
  policy.allowed_algorithms = {Algorithm::rsa_pss_sha512, Algorithm::ed25519};
  EXPECT_EQ(failure(message, policy), "VALID");
  auto input = *field_value(message.headers, "signature-input");
  input.replace(input.find("ed25519"), 7, "hmac-sha256");
  replace_field(message, "signature-input", input);
  EXPECT_EQ(failure(message, policy), "ALGORITHM_MISMATCH");
}

// A public key must not serve as the secret of an HMAC.
TEST(Verifier, AlgorithmConfusionIsNotPossible) {
  const Secret public_text(kTestEd25519Public);
  EXPECT_FALSE(Key::load(Algorithm::hmac_sha256, public_text, KeyUse::verify));
}

TEST(Verifier, AgeIsBoundedOnBothSides) {
  const auto message = signed_request();
  auto policy = policy_at(kNow + 330);
  EXPECT_EQ(failure(message, policy), "VALID") << "no bound was asked for";
  policy.max_age = std::chrono::seconds(300);
  EXPECT_EQ(failure(message, policy), "VALID") << "within the tolerance";
  policy.now = kNow + 331;
  EXPECT_EQ(failure(message, policy), "TOO_OLD");
  policy.now = kNow - 30;
  EXPECT_EQ(failure(message, policy), "VALID");
  policy.now = kNow - 31;
  EXPECT_EQ(failure(message, policy), "FROM_THE_FUTURE");
}

TEST(Verifier, WithoutCreatedTheAgeIsNotKnown) {
  const auto message = signed_request(spec_of({"@path"}, SignatureParams().keyid("k")));
  auto policy = policy_at(kNow);
  EXPECT_EQ(failure(message, policy), "VALID");
  policy.max_age = std::chrono::seconds(300);
  EXPECT_EQ(failure(message, policy), "PARAMETER_MISSING");
  policy.max_age.reset();
  policy.required_parameters = {"keyid", "nonce"};
  EXPECT_EQ(failure(message, policy), "PARAMETER_MISSING");
}

TEST(Verifier, AnExpiredSignatureIsRefused) {
  const auto message = signed_request(spec_of({"@path"}, params().expires(kNow + 60)));
  EXPECT_EQ(failure(message, policy_at(kNow + 90)), "VALID") << "within the tolerance";
  EXPECT_EQ(failure(message, policy_at(kNow + 91)), "EXPIRED");
}

TEST(Verifier, RequiredComponentsMustBeCovered) {
  auto policy = policy_at(kNow);
  policy.required_components = parse_components({"@path", "@method"}).value();
  EXPECT_EQ(failure(signed_request(), policy), "VALID");
  policy.required_components = parse_components({"@path", "content-digest"}).value();
  EXPECT_EQ(failure(signed_request(), policy), "COMPONENT_MISSING");
}

TEST(Verifier, ACoveredFieldThatIsGoneIsNamed) {
  auto message = signed_request(spec_of({"date"}));
  remove_field(message.headers, "date");
  const auto result = verify(message, "", policy_at(kNow));
  EXPECT_EQ(failure(message, policy_at(kNow)), "COMPONENT_UNAVAILABLE");
  EXPECT_NE(result.first_failure()->detail.find("\"date\""), std::string::npos);
}

TEST(Verifier, TheDigestMustBeOfTheBody) {
  auto message = signed_request(spec_of({"content-digest"}));
  EXPECT_EQ(failure(message, policy_at(kNow)), "VALID");
  message.body = "another body";
  EXPECT_EQ(failure(message, policy_at(kNow)), "DIGEST_MISMATCH");
  message.body.reset();
  EXPECT_EQ(failure(message, policy_at(kNow)), "VALID") << "a body that is not known is not judged";
}

TEST(Verifier, ABodyCanBeRequiredToBeProtected) {
  auto policy = policy_at(kNow);
  policy.digest = DigestRule::required;
  EXPECT_EQ(failure(signed_request(), policy), "DIGEST_MISSING") << "there, but not covered";
  EXPECT_EQ(failure(signed_request(spec_of({"content-digest"})), policy), "VALID");
  auto bare = message_of(kTestRequest);
  remove_field(bare.headers, "content-digest");
  EXPECT_EQ(failure(signed_message(bare, spec_of({"@path"})), policy), "DIGEST_MISSING");
  bare.body = "";
  EXPECT_EQ(failure(signed_message(bare, spec_of({"@path"})), policy), "VALID");
}

TEST(Verifier, ExtremeTimesDoNotOverflow) {
  constexpr std::int64_t kFar = 999'999'999'999'999;
  auto policy = policy_at(kNow);
  policy.max_age = std::chrono::seconds(300);
  const auto of = [&](SignatureParams given) {
    return failure(signed_request(spec_of({"@path"}, std::move(given))), policy);
  };
  EXPECT_EQ(of(SignatureParams().created(-kFar)), "TOO_OLD");
  EXPECT_EQ(of(SignatureParams().created(kFar)), "FROM_THE_FUTURE");
  EXPECT_EQ(of(params().expires(-kFar)), "EXPIRED");
  EXPECT_EQ(of(params().expires(kFar)), "VALID");
}

TEST(Verifier, ReportsEveryCheckAlsoAfterAFailure) {
  auto message = signed_request(spec_of({"@path", "content-digest"}, params().expires(kNow + 60)));
  message.body = "another body";
  const auto result = verify(message, "", policy_at(kNow + 600));
  std::vector<std::string> failed;
  for (const auto& check : result.checks) {
    if (check.outcome == Check::Outcome::failed) failed.push_back(check.name);
  }
  EXPECT_EQ(failed, (std::vector<std::string>{"expires", "content-digest"}));
}

TEST(Signer, RefusesAWrongAlgorithmOrLabel) {
  auto spec = spec_of({"@path"}, params().alg("rsa-pss-sha512"));
  EXPECT_EQ(sign(message_of(kTestRequest), spec, signer()).error().code(),
            codes::kSignBadParameter);
  for (const char* label : {"", "Sig", "1a", "a b", "a=b"}) {
    spec = spec_of({"@path"});
    spec.label = label;
    EXPECT_EQ(sign(message_of(kTestRequest), spec, signer()).error().code(),
              codes::kSignBadParameter)
        << label;
  }
}

TEST(Signer, ReplacesASignatureOfItsLabel) {
  const auto once = signed_request();
  const auto twice = signed_message(once, spec_of({"@method", "@path"}));
  EXPECT_EQ(once.headers, twice.headers);
}

TEST(Signer, DoesNotAddToBrokenFields) {
  auto message = message_of(kTestRequest);
  message.headers.push_back({"Signature", "broken="});
  EXPECT_EQ(sign(message, spec_of({"@path"}), signer()).error().code(),
            codes::kMalformedStructuredField);
}

}  // namespace
}  // namespace gvm::signing
