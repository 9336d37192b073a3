// `genvm-modules verify`: says why a receiver would accept or refuse a signed message.
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "apps/front/commands.h"
#include "apps/front/signing_options.h"
#include "apps/process.h"
#include "signing/verifier.h"

namespace gvm::apps {
namespace {

struct Options {
  MessageOptions message;
  KeyOptions key;
  std::string label;
  std::string keyid;
  std::vector<std::string> components;
  std::vector<std::string> parameters;
  std::int64_t max_age = -1;
  std::int64_t tolerance = 30;
  std::int64_t now = -1;
  bool require_digest = false;
  bool show_base = false;
};

signing::FindKey find_key(const Options& options, signing::Key key) {
  auto only = signing::only_key(std::move(key));
  if (options.keyid.empty()) return only;
  return [only, keyid = options.keyid](const signing::SignatureParams& params) {
    const auto* given = params.keyid();
    return given != nullptr && *given == keyid ? only(params) : nullptr;
  };
}

signing::VerifyPolicy policy_of(const Options& options, std::vector<signing::Component> required,
                                const LoadedMessage& loaded, signing::Key key) {
  signing::VerifyPolicy policy;
  policy.find_key = find_key(options, std::move(key));
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  policy.now = options.now >= 0 ? options.now
                                : std::chrono::duration_cast<std::chrono::seconds>(clock).count();
  policy.required_components = std::move(required);
  policy.required_parameters = options.parameters;
  if (options.max_age >= 0) policy.max_age = std::chrono::seconds(options.max_age);
  policy.tolerance = std::chrono::seconds(options.tolerance);
  if (options.require_digest) policy.digest = signing::DigestRule::required;
  policy.types = loaded.types;
  return policy;
}

const char* word(signing::Check::Outcome outcome) {
  switch (outcome) {
    case signing::Check::Outcome::passed:
      return "pass";
    case signing::Check::Outcome::failed:
      return "FAIL";
    case signing::Check::Outcome::skipped:
      return "-";
  }
  return "-";
}

// A good signature says only what it covers.
void warn_of_gaps(const signing::Verification& result, const signing::Message& message) {
  const auto covers = [&](std::string_view name) {
    return std::ranges::any_of(result.components, [&](const signing::Component& component) {
      return component.name == name;
    });
  };
  if (result.components.empty()) {
    std::printf("warning: the signature covers nothing of the message: it fits every other one\n");
  } else if (!message.body.value_or("").empty() && !covers("content-digest")) {
    std::printf(
        "warning: the body is not covered: without a covered Content-Digest anybody can change "
        "it\n");
  }
}

void print(const signing::Verification& result, const Options& options) {
  for (const auto& check : result.checks) {
    std::printf("%-5s %-15s ", word(check.outcome), check.name.c_str());
    if (check.failure)
      std::printf("%.*s: ", static_cast<int>(signing::failure_code(*check.failure).size()),
                  signing::failure_code(*check.failure).data());
    std::printf("%s\n", check.detail.c_str());
  }
  if (options.show_base && !result.base.empty())
    std::printf("\nThe base built here:\n%s\n", result.base.c_str());
  std::printf("%s\n", result.valid() ? "valid" : "NOT VALID");
}

int run(const Options& options) {
  hide_from_core_dumps();
  const auto loaded = load_message(options.message);
  if (!loaded) return complain("verify", loaded.error(), kNoMaterial);
  auto key = load_key(options.key, signing::KeyUse::verify);
  if (!key) return complain("verify", key.error(), kNoMaterial);
  auto required = signing::parse_components(options.components);
  if (!required) return complain("verify", required.error(), kNoMaterial);
  const auto policy = policy_of(options, std::move(*required), *loaded, std::move(*key));
  const auto result = signing::verify(loaded->message, options.label, policy);
  print(result, options);
  if (result.valid()) warn_of_gaps(result, loaded->message);
  if (!result.valid() && result.label.empty()) {
    for (const auto& label : signing::signature_labels(loaded->message))
      std::printf("there is a signature with --label %s\n", label.c_str());
  }
  return result.valid() ? kSigned : kNotSigned;
}

void add_policy(CLI::App& verify, Options& options) {
  verify.add_option("--label", options.label, "which of several signatures; default: the only one");
  verify.add_option("--keyid", options.keyid, "the key answers for this keyid only");
  verify
      .add_option("--require", options.components,
                  "a component that must be covered; may be repeated")
      ->allow_extra_args(false);
  verify
      .add_option("--require-parameter", options.parameters,
                  "a parameter that must be there, e.g. nonce; may be repeated")
      ->allow_extra_args(false);
  verify.add_option("--max-age", options.max_age, "seconds since created; default: no bound")
      ->check(CLI::NonNegativeNumber);
  verify.add_option("--tolerance", options.tolerance, "seconds between two clocks, default 30")
      ->check(CLI::NonNegativeNumber);
  verify.add_option("--now", options.now, "Unix seconds to judge by, for a recorded message")
      ->check(CLI::NonNegativeNumber);
  verify.add_flag("--require-digest", options.require_digest,
                  "a body must have a covered Content-Digest");
}

}  // namespace

Command add_verify(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* verify = app.add_subcommand(
      "verify", "verify a signed HTTP message (RFC 9421), and say how each check ended");
  add_message_options(*verify, options->message);
  add_key_options(*verify, options->key);
  add_policy(*verify, *options);
  verify->add_flag("--show-base", options->show_base,
                   "print the signature base, to compare with the signer's");
  verify->footer(
      "A valid signature that covers nothing, or not the body, is warned of.\n"
      "Exit code: 0 valid, 1 not valid, 2 the message or the key cannot be read, 64 wrong usage.\n"
      "Example: genvm-modules verify request.txt --algorithm secp256k1 --key-file node.pub --label "
      "genvm --max-age 300 --require-digest --show-base");
  return [options] { return run(*options); };
}

}  // namespace gvm::apps
