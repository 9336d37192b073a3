// The rows of `signing`: local keys for requests.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/schema.h"
#include "config/signing_config.h"

namespace gvm::config {

namespace {

constexpr Origin kOurs = Origin::ours;
constexpr double kSecondMs = 1'000;
constexpr double kDayMs = 86'400'000;

constexpr std::array<std::string_view, 7> kAlgorithms{
    "ed25519",        "ecdsa-p256-sha256", "ecdsa-p384-sha384",
    "rsa-pss-sha512", "rsa-v1_5-sha256",   "hmac-sha256",
    "ES256K"};
constexpr std::array<std::string_view, 6> kParameters{"created", "expires", "nonce",
                                                      "alg",     "keyid",   "tag"};
constexpr std::array<std::string_view, 4> kProfiles{"session", "a", "b", "c"};
constexpr std::array<std::string_view, 3> kDigests{"sha-256", "sha-512", "none"};

template <std::size_t N>
void check_choice(const Node& node, const std::string& path, std::string_view key,
                  const std::string& found, const std::array<std::string_view, N>& known,
                  Context& context) {
  if (std::ranges::find(known, found) != known.end()) return;
  const auto* entry = node.find(key);
  context.error(
      entry != nullptr ? entry->value->mark : node.mark, path + "." + std::string(key),
      fmt::format("got \"{}\", expected one of {}", found.substr(0, 64), fmt::join(known, ", ")));
}

void check_key(const Node& node, const std::string& path, Context& context, SigningKeyConfig& c) {
  check_choice(node, path, "algorithm", c.algorithm, kAlgorithms, context);
  check_choice(node, path, "content_digest", c.content_digest, kDigests, context);
  for (const auto& name : c.parameters)
    check_choice(node, path, "parameters", name, kParameters, context);
  if (c.key.empty() == c.key_file.empty()) {
    context.error(node.mark, path,
                  c.key.empty() ? "got no key, expected key or key_file"
                                : "got both key and key_file, expected one of them");
  }
  if (c.keyid.empty()) c.keyid = c.name;
}

const Section& key_section() {
  using C = SigningKeyConfig;
  static const Section section =
      SectionBuilder<C>("a signing key", "One key, and what its signatures look like.")
          .leaf(&C::algorithm,
                {.name = "algorithm",
                 .doc = "`ed25519`, `ecdsa-p256-sha256`, `ecdsa-p384-sha384`, `rsa-pss-sha512`, "
                        "`rsa-v1_5-sha256`, `hmac-sha256` or `ES256K` (secp256k1)",
                 .origin = kOurs,
                 .presence = Presence::required})
          .leaf(&C::key, {.name = "key",
                          .doc = "The private key: PEM, hex or base64; best as `${ENV[NAME]}`",
                          .origin = kOurs})
          .leaf(&C::key_file, {.name = "key_file",
                               .doc = "A file that holds the key, in place of `key`",
                               .origin = kOurs,
                               .format = Format::path})
          .leaf(
              &C::keyid,
              {.name = "keyid", .doc = "Parameter `keyid`; empty: the key's name", .origin = kOurs})
          .leaf(&C::label, {.name = "label",
                            .doc = "Of the signature in Signature-Input and Signature",
                            .origin = kOurs,
                            .format = Format::not_empty})
          .leaf(&C::tag, {.name = "tag", .doc = "Parameter `tag`", .origin = kOurs})
          .leaf(&C::components,
                {.name = "components",
                 .doc = "What is covered: header names, `@method`, `@target-uri`, `@authority`, "
                        "`@scheme`, `@path`, `@query`, ...; content-digest is added with a body",
                 .origin = kOurs})
          .leaf(&C::parameters,
                {.name = "parameters",
                 .doc = "In this order: `created`, `expires`, `nonce`, `alg`, `keyid`, `tag`",
                 .origin = kOurs})
          .leaf(&C::expires_after, {.name = "expires_after",
                                    .doc = "From `created` to `expires`",
                                    .origin = kOurs,
                                    .range = {kSecondMs, kDayMs}})
          .leaf(&C::content_digest, {.name = "content_digest",
                                     .doc = "Digest of a body: `sha-256`, `sha-512` or `none`",
                                     .origin = kOurs})
          .check(check_key)
          .build();
  return section;
}

void check_signing(const Node& node, const std::string& path, Context& context, SigningConfig& c) {
  check_choice(node, path, "genlayer_profile", c.genlayer_profile, kProfiles, context);
  if (c.use.empty()) return;
  const auto named = [&](const SigningKeyConfig& key) { return key.name == c.use; };
  if (std::ranges::any_of(c.keys, named)) return;
  const auto* entry = node.find("use");
  context.error(entry->value->mark, path + ".use",
                fmt::format("got \"{}\", expected the name of one of signing.keys", c.use));
}

}  // namespace

const Section& signing_section() {
  using C = SigningConfig;
  static const Section section =
      SectionBuilder<C>("signing", "Keys of your own that sign requests (RFC 9421).")
          .leaf(&C::use,
                {.name = "use",
                 .doc = "The key for requests with `sign: true`; empty: the signer at signer_url",
                 .origin = kOurs})
          .named(&C::keys, key_section(),
                 {.name = "keys",
                  .doc = "By name; scripts choose one by `sign_with`",
                  .origin = kOurs})
          .leaf(&C::genlayer_profile,
                {.name = "genlayer_profile",
                 .doc = "What the signer at signer_url signs: `session` as the GenVM's generation "
                        "expects; `a` or `b` without `@scheme`, `c` with it",
                 .origin = kOurs})
          .check(check_signing)
          .build();
  return section;
}

}  // namespace gvm::config
