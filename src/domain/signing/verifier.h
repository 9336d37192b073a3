#pragma once
// Verifies a message's signature (RFC 9421, 3.2), and reports the result of every check. Pure: time
// and keys come from the policy.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signing/key.h"
#include "signing/signature_base.h"

namespace gvm::signing {

enum class VerifyFailure {
  missing_signature,    // there is none, or none with that label
  ambiguous_signature,  // several, and no label was given
  malformed_signature,  // fields that cannot be parsed, or a label that only one of them has
  unknown_key,
  algorithm_not_allowed,
  algorithm_mismatch,  // `alg` is not the key's algorithm
  parameter_missing,
  from_the_future,  // `created` is ahead of the clock by more than the tolerance
  too_old,
  expired,
  component_missing,      // a required one is not covered
  component_unavailable,  // a covered one is not in the message, or its value cannot be signed
  bad_signature,          // the key did not make this signature of this base
  digest_missing,
  digest_mismatch,
};
// "EXPIRED" and so on: stable, for logs and scripts.
std::string_view failure_code(VerifyFailure failure);

// Finds the key of a signature; empty when there is none. The parameters are not verified yet.
using FindKey = std::function<std::shared_ptr<const Key>(const SignatureParams& params)>;
// Always returns the same key.
FindKey only_key(Key key);

enum class DigestRule {
  if_covered,  // a covered Content-Digest must match the body, where the body is known
  required,    // a body needs a covered Content-Digest
};

struct VerifyPolicy {
  FindKey find_key;
  std::int64_t now = 0;  // Unix seconds
  std::vector<Component> required_components;
  std::vector<std::string> required_parameters;  // "created", "nonce", ...
  std::optional<std::chrono::seconds> max_age;   // since `created`, which is then required
  std::chrono::seconds tolerance{30};            // between two clocks
  std::vector<Algorithm> allowed_algorithms;     // empty: that of the key
  DigestRule digest = DigestRule::if_covered;
  FieldTypes types;
};

struct Check {
  enum class Outcome { passed, failed, skipped };
  std::string name;  // for people: "created", "signature", ...
  Outcome outcome = Outcome::passed;
  std::string detail;
  std::optional<VerifyFailure> failure;  // when it failed
};

struct Verification {
  std::vector<Check> checks;  // in order; includes all that could be made after a failure
  std::string label;
  std::vector<Component> components;  // covered
  SignatureParams params;
  std::string base;  // empty when it could not be built

  const Check* first_failure() const;
  bool valid() const { return !checks.empty() && first_failure() == nullptr; }
};

// `label` selects one of several signatures; empty: there must be exactly one.
Verification verify(const Message& message, std::string_view label, const VerifyPolicy& policy);

// The labels of a message's signatures; empty when there are none or they cannot be read.
std::vector<std::string> signature_labels(const Message& message);

}  // namespace gvm::signing
