#include "signing/verifier.h"

#include <algorithm>
#include <array>

#include "signing/content_digest.h"

namespace gvm::signing {
namespace {

using Outcome = Check::Outcome;

struct Received {
  std::string label;
  InnerList input;
  std::string signature;
};

// One verification: collects the results of all checks, so that all faults are reported at once.
class Run {
 public:
  Run(const Message& message, const VerifyPolicy& policy) : message_(message), policy_(policy) {}

  Verification run(std::string_view label) {
    const auto received = receive(label);
    if (!received || !read(*received)) return std::move(result_);
    check_time();
    check_expiry();
    check_parameters();
    check_required();
    const auto key = check_key();
    const bool base = make_base();
    if (key != nullptr && base) check_signature(*key, received->signature);
    check_digest();
    return std::move(result_);
  }

 private:
  void passed(std::string name, std::string detail) {
    result_.checks.push_back({std::move(name), Outcome::passed, std::move(detail), {}});
  }
  void skipped(std::string name, std::string detail) {
    result_.checks.push_back({std::move(name), Outcome::skipped, std::move(detail), {}});
  }
  void failed(std::string name, VerifyFailure failure, std::string detail) {
    result_.checks.push_back({std::move(name), Outcome::failed, std::move(detail), failure});
  }

  std::optional<Dictionary> dictionary(const char* name) {
    const auto value = field_value(message_.headers, name);
    if (!value) return Dictionary();
    auto parsed = parse_dictionary(*value, RepeatedKeys::refuse);
    if (parsed) return std::move(*parsed);
    failed("fields", VerifyFailure::malformed_signature,
           std::string(name) + ": " + parsed.error().to_string());
    return std::nullopt;
  }

  std::optional<Received> receive(std::string_view wanted) {
    const auto inputs = dictionary("signature-input");
    if (!inputs) return std::nullopt;
    const auto signatures = dictionary("signature");
    if (!signatures) return std::nullopt;
    if (inputs->empty() && signatures->empty()) {
      failed("fields", VerifyFailure::missing_signature, "the message is not signed");
      return std::nullopt;
    }
    if (wanted.empty() && inputs->size() > 1) {
      failed("fields", VerifyFailure::ambiguous_signature,
             "there are several signatures: name the label of one");
      return std::nullopt;
    }
    const std::string label =
        !wanted.empty() ? std::string(wanted)
                        : (inputs->empty() ? signatures->begin()->first : inputs->begin()->first);
    return pair(label, inputs->find(label), signatures->find(label));
  }

  std::optional<Received> pair(const std::string& label, const Member* input,
                               const Member* signature) {
    result_.label = label;
    if (input == nullptr && signature == nullptr) {
      failed("fields", VerifyFailure::missing_signature, "there is no signature of this label");
      return std::nullopt;
    }
    if (input == nullptr || signature == nullptr) {
      failed("fields", VerifyFailure::malformed_signature,
             "the label stands in one of Signature and Signature-Input only");
      return std::nullopt;
    }
    const auto* list = std::get_if<InnerList>(input);
    const auto* item = std::get_if<Item>(signature);
    const auto* bytes = item == nullptr ? nullptr : std::get_if<ByteSequence>(&item->value);
    if (list == nullptr || bytes == nullptr) {
      failed("fields", VerifyFailure::malformed_signature,
             "Signature-Input is no list of components, or Signature no byte sequence");
      return std::nullopt;
    }
    return Received{label, *list, bytes->bytes};
  }

  bool read(const Received& received) {
    auto params = SignatureParams::of(received.input.parameters);
    if (!params) {
      failed("fields", VerifyFailure::malformed_signature, params.error().to_string());
      return false;
    }
    result_.params = std::move(*params);
    for (const auto& item : received.input.items) {
      const auto* name = std::get_if<std::string>(&item.value);
      if (name == nullptr) {
        failed("fields", VerifyFailure::malformed_signature, "a component is no string");
        return false;
      }
      result_.components.push_back({*name, item.parameters});
    }
    if (auto checked = check_components(result_.components); !checked) {
      failed("fields", VerifyFailure::malformed_signature, checked.error().to_string());
      return false;
    }
    passed("fields", "signature " + received.label);
    return true;
  }

  void check_time() {
    const auto created = result_.params.created();
    if (!created) {
      if (policy_.max_age)
        failed("created", VerifyFailure::parameter_missing, "without it the age is not known");
      else
        skipped("created", "not given");
      return;
    }
    const std::int64_t age = policy_.now - *created;
    const std::string text = std::to_string(age) + " s ago";
    if (-age > policy_.tolerance.count()) {
      failed("created", VerifyFailure::from_the_future, std::to_string(-age) + " s ahead");
    } else if (policy_.max_age && age > (*policy_.max_age + policy_.tolerance).count()) {
      failed("created", VerifyFailure::too_old,
             text + ", at most " + std::to_string(policy_.max_age->count()) + " s are allowed");
    } else {
      passed("created", text);
    }
  }

  void check_expiry() {
    const auto expires = result_.params.expires();
    if (!expires) return skipped("expires", "not given");
    const std::int64_t left = *expires - policy_.now;
    if (-left > policy_.tolerance.count())
      return failed("expires", VerifyFailure::expired, std::to_string(-left) + " s ago");
    passed("expires", "in " + std::to_string(left) + " s");
  }

  void check_parameters() {
    for (const auto& name : policy_.required_parameters) {
      if (result_.params.all().find(name) == nullptr)
        failed(name, VerifyFailure::parameter_missing, "the parameter is required");
    }
  }

  void check_required() {
    for (const auto& component : policy_.required_components) {
      if (covers(component)) continue;
      failed("coverage", VerifyFailure::component_missing,
             component.to_string() + " is required and not covered");
    }
  }

  bool covers(const Component& component) const {
    return std::ranges::find(result_.components, component) != result_.components.end();
  }

  std::shared_ptr<const Key> check_key() {
    auto key = policy_.find_key ? policy_.find_key(result_.params) : nullptr;
    const auto* keyid = result_.params.keyid();
    const std::string named = keyid == nullptr ? "no keyid" : "keyid \"" + *keyid + "\"";
    if (key == nullptr) {
      failed("key", VerifyFailure::unknown_key, named);
      return nullptr;
    }
    passed("key", named);
    return check_algorithm(*key) ? key : nullptr;
  }

  bool check_algorithm(const Key& key) {
    const std::string name(algorithm_name(key.algorithm()));
    const auto& allowed = policy_.allowed_algorithms;
    if (!allowed.empty() && std::ranges::find(allowed, key.algorithm()) == allowed.end()) {
      failed("algorithm", VerifyFailure::algorithm_not_allowed, name);
      return false;
    }
    const auto* alg = result_.params.alg();
    if (alg != nullptr && *alg != name) {
      failed("algorithm", VerifyFailure::algorithm_mismatch,
             "the signature says \"" + *alg + "\", the key is for " + name);
      return false;
    }
    passed("algorithm", name);
    return true;
  }

  bool make_base() {
    auto base = signature_base(message_, result_.components, result_.params, policy_.types);
    if (!base) {
      failed("components", VerifyFailure::component_unavailable, base.error().to_string());
      return false;
    }
    passed("components", std::to_string(result_.components.size()) + " covered");
    result_.base = std::move(base->text);
    return true;
  }

  void check_signature(const Key& key, std::string_view signature) {
    if (key.verify(result_.base, signature)) return passed("signature", "of this base by this key");
    failed("signature", VerifyFailure::bad_signature,
           "it is not of this base by this key: the message was changed, the base was built "
           "otherwise, or it is another key's");
  }

  // Covered as a whole, in the message that has the body.
  bool digest_covered() const {
    return std::ranges::any_of(result_.components, [](const Component& component) {
      return component.name == "content-digest" && !component.flag("req") &&
             !component.flag("tr") && component.text("key") == nullptr;
    });
  }

  void check_digest() {
    const auto value = field_value(message_.headers, "content-digest");
    const bool has_body = message_.body && !message_.body->empty();
    if (policy_.digest == DigestRule::required && has_body && !(value && digest_covered())) {
      return failed("content-digest", VerifyFailure::digest_missing,
                    "the body is not protected: a covered Content-Digest is required");
    }
    if (!value) return skipped("content-digest", "not given");
    if (!message_.body) return skipped("content-digest", "the body is not known");
    const std::string covered = digest_covered() ? "covered" : "not covered by the signature";
    switch (check_content_digest(*value, *message_.body)) {
      case DigestState::matches:
        return passed("content-digest", "of this body, " + covered);
      case DigestState::differs:
        return failed("content-digest", VerifyFailure::digest_mismatch, "of another body");
      case DigestState::malformed:
        return failed("content-digest", VerifyFailure::digest_mismatch, "it cannot be read");
      case DigestState::unknown:
        return failed("content-digest", VerifyFailure::digest_mismatch,
                      "of no algorithm known here: sha-256, sha-512");
    }
  }

  const Message& message_;
  const VerifyPolicy& policy_;
  Verification result_;
};

}  // namespace

std::string_view failure_code(VerifyFailure failure) {
  static constexpr std::array<std::string_view, 15> kCodes = {
      "MISSING_SIGNATURE", "AMBIGUOUS_SIGNATURE",   "MALFORMED_SIGNATURE",
      "UNKNOWN_KEY",       "ALGORITHM_NOT_ALLOWED", "ALGORITHM_MISMATCH",
      "PARAMETER_MISSING", "FROM_THE_FUTURE",       "TOO_OLD",
      "EXPIRED",           "COMPONENT_MISSING",     "COMPONENT_UNAVAILABLE",
      "BAD_SIGNATURE",     "DIGEST_MISSING",        "DIGEST_MISMATCH"};
  return kCodes[static_cast<std::size_t>(failure)];
}

FindKey only_key(Key key) {
  auto shared = std::make_shared<const Key>(std::move(key));
  return [shared](const SignatureParams&) { return shared; };
}

const Check* Verification::first_failure() const {
  const auto found = std::ranges::find(checks, Outcome::failed, &Check::outcome);
  return found == checks.end() ? nullptr : &*found;
}

Verification verify(const Message& message, std::string_view label, const VerifyPolicy& policy) {
  return Run(message, policy).run(label);
}

std::vector<std::string> signature_labels(const Message& message) {
  std::vector<std::string> labels;
  const auto value = field_value(message.headers, "signature-input");
  if (!value) return labels;
  const auto inputs = parse_dictionary(*value, RepeatedKeys::refuse);
  if (!inputs) return labels;
  for (const auto& [label, member] : *inputs) labels.push_back(label);
  return labels;
}

}  // namespace gvm::signing
