// `genvm-modules sign`: signs an HTTP message, so that a receiver can be tried without a module.
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "apps/front/commands.h"
#include "apps/front/signing_options.h"
#include "apps/process.h"
#include "signing/codes.h"
#include "signing/content_digest.h"
#include "signing/message_text.h"
#include "signing/signer.h"

namespace gvm::apps {
namespace {

struct Options {
  MessageOptions message;
  KeyOptions key;
  std::vector<std::string> components;
  std::string label = "sig1";
  std::string created = "now";
  std::string expires, nonce, keyid, tag, digest;
  bool alg = false;
  bool show_base = false;
  bool headers_only = false;
};

std::int64_t clock_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// Unix seconds, "now", or "+SECONDS" from now.
Result<std::int64_t> read_time(const std::string& text) {
  if (text == "now") return clock_now();
  const bool relative = text.starts_with('+');
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + (relative ? 1 : 0), end, value);
  if (read.ec != std::errc() || read.ptr != end)
    return fail(codes::kSignBadParameter, Fatality::user,
                "\"" + text + "\" is no time: Unix seconds, now or +SECONDS");
  return relative ? clock_now() + value : value;
}

Result<signing::SignatureParams> read_params(const Options& options) {
  signing::SignatureParams params;
  if (options.created != "none") {
    const auto created = read_time(options.created);
    if (!created) return fail(created.error());
    params.created(*created);
  }
  if (!options.expires.empty()) {
    const auto expires = read_time(options.expires);
    if (!expires) return fail(expires.error());
    params.expires(*expires);
  }
  if (!options.keyid.empty()) params.keyid(options.keyid);
  if (options.alg) {
    const auto algorithm = signing::find_algorithm(options.key.algorithm);
    if (algorithm) params.alg(std::string(signing::algorithm_name(*algorithm)));
  }
  if (!options.nonce.empty()) params.nonce(options.nonce);
  if (!options.tag.empty()) params.tag(options.tag);
  return params;
}

std::vector<std::string> usual_components(const signing::Message& message) {
  if (message.kind == signing::Message::Kind::response) {
    std::vector<std::string> names = {"@status"};
    if (signing::field_value(message.headers, "content-digest")) names.push_back("content-digest");
    return names;
  }
  std::vector<std::string> names = {"@method", "@authority", "@path"};
  if (message.target.query != "?") names.push_back("@query");
  if (signing::field_value(message.headers, "content-digest")) names.push_back("content-digest");
  return names;
}

void add_digest(signing::Message& message, const std::string& digest) {
  if (digest.empty()) return;
  signing::remove_field(message.headers, "content-digest");
  const auto algorithm =
      digest == "sha-512" ? signing::DigestAlgorithm::sha_512 : signing::DigestAlgorithm::sha_256;
  message.headers.push_back(
      {"Content-Digest", signing::content_digest(algorithm, message.body.value_or(""))});
}

void print(const Options& options, const signing::SignatureFields& fields,
           const signing::Message& message) {
  if (options.show_base) std::fprintf(stderr, "%s\n", fields.base.c_str());
  if (options.headers_only) {
    std::printf("Signature-Input: %s\nSignature: %s\n", fields.input.c_str(),
                fields.signature.c_str());
    return;
  }
  const std::string text = signing::write_message(message);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int run(const Options& options) {
  hide_from_core_dumps();
  auto loaded = load_message(options.message);
  if (!loaded) return complain("sign", loaded.error(), kNoMaterial);
  const auto key = load_key(options.key, signing::KeyUse::sign);
  if (!key) return complain("sign", key.error(), kNoMaterial);
  auto& message = loaded->message;
  add_digest(message, options.digest);
  auto params = read_params(options);
  if (!params) return complain("sign", params.error(), kNotSigned);
  auto components = signing::parse_components(options.components.empty() ? usual_components(message)
                                                                         : options.components);
  if (!components) return complain("sign", components.error(), kNotSigned);
  const auto fields = signing::sign(
      message, {options.label, std::move(*components), std::move(*params), loaded->types}, *key);
  if (!fields) return complain("sign", fields.error(), kNotSigned);
  signing::set_signature_fields(message.headers, *fields);
  print(options, *fields, message);
  return kSigned;
}

void add_parameters(CLI::App& sign, Options& options) {
  sign.add_option("--component", options.components,
                  "what is covered, in this order: a field (date), a derived component (@method), "
                  "with parameters as in the standard ('@query-param;name=\"id\"', 'priority;sf'); "
                  "may be repeated. Default: method, authority, path, the query and the digest if "
                  "there are any")
      ->allow_extra_args(false);
  sign.add_option("--label", options.label, "of this signature, default sig1");
  sign.add_option("--created", options.created, "Unix seconds, now (default) or none");
  sign.add_option("--expires", options.expires, "Unix seconds or +SECONDS");
  sign.add_option("--keyid", options.keyid, "the parameter keyid");
  sign.add_option("--nonce", options.nonce, "the parameter nonce");
  sign.add_option("--tag", options.tag, "the parameter tag");
  sign.add_flag("--alg", options.alg, "write the parameter alg");
  sign.add_option("--digest", options.digest, "add a Content-Digest of the body first")
      ->check(CLI::IsMember({"sha-256", "sha-512"}));
}

}  // namespace

Command add_sign(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* sign = app.add_subcommand("sign", "sign an HTTP message (RFC 9421), to try a receiver");
  add_message_options(*sign, options->message);
  add_key_options(*sign, options->key);
  add_parameters(*sign, *options);
  sign->add_flag("--show-base", options->show_base,
                 "print the signature base on standard error: what exactly is signed");
  sign->add_flag("--headers-only", options->headers_only, "print the two new headers only");
  sign->footer(
      "Prints the signed message. Exit code: 0 signed, 1 cannot be signed so, 2 the message or the "
      "key cannot be read, 64 wrong usage.\n"
      "Example: genvm-modules sign --url https://api.example/x?y=1 --method POST --body '{}' "
      "--digest sha-256 --algorithm ed25519 --key-file key.pem --keyid mine | genvm-modules verify "
      "- --algorithm ed25519 --key-file key.pub --require content-digest --max-age 300");
  return [options] { return run(*options); };
}

}  // namespace gvm::apps
