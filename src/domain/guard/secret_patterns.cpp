// The forms of secrets, as their services publish them.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/ascii.h"
#include "guard/secrets.h"
#include "text/encoded.h"

namespace gvm::guard {
namespace {

constexpr double kLeastEntropy = 3.0;   // behind a known prefix: "xxxxxxxx" is an example
constexpr double kLeastUnknown = 3.25;  // of a value that only its name makes a secret

bool has_entropy(std::string_view secret) {
  return entropy_of(secret) >= kLeastEntropy;
}

bool has(std::string_view text, char low, char high) {
  return std::ranges::any_of(text, [=](char c) { return c >= low && c <= high; });
}

// Letters and digits in disorder: no identifier, no path, no sentence.
bool is_random(std::string_view value) {
  const bool mixed = has(value, '0', '9') && (has(value, 'a', 'z') || has(value, 'A', 'Z'));
  return mixed && entropy_of(value) >= kLeastUnknown;
}

constexpr std::array kExamplePasswords = {
    std::string_view("password"),   std::string_view("pass"),    std::string_view("passwd"),
    std::string_view("secret"),     std::string_view("user"),    std::string_view("pwd"),
    std::string_view("<password>"), std::string_view("xxx"),     std::string_view("***"),
    std::string_view("****"),       std::string_view("example"), std::string_view("changeme")};

// What an address names as a password, and no example, variable or placeholder.
bool is_password(std::string_view password) {
  if (password.find_first_of("${}<>*[]") != std::string_view::npos) return false;
  const auto lower = lowered(password);
  return std::ranges::find(kExamplePasswords, lower) == kExamplePasswords.end();
}

bool names_algorithm(std::string_view token) {
  const auto header = text::decode_base64_run(token.substr(0, token.find('.')));
  return header && header->find("\"alg\"") != std::string::npos;
}

using enum SecretKind;
constexpr SecretPattern kPatterns[] = {
    {api_key, "openai_key", R"(\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,200})", 0, has_entropy},
    {api_key, "openai_key", R"(\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b)", 0, has_entropy},
    {api_key, "anthropic_key", R"(\bsk-ant-[a-z0-9]{3,10}-[A-Za-z0-9_-]{40,200})", 0, has_entropy},
    {api_key, "openrouter_key", R"(\bsk-or-v1-[0-9a-f]{64}\b)", 0, has_entropy},
    {api_key, "api_key", R"(\bsk-[A-Za-z0-9]{32,64}\b)", 0, is_random},
    {api_key, "groq_key", R"(\bgsk_[A-Za-z0-9]{52}\b)", 0, has_entropy},
    {api_key, "xai_key", R"(\bxai-[A-Za-z0-9]{80}\b)", 0, has_entropy},
    {api_key, "huggingface_key", R"(\b(?:hf_|api_org_)[A-Za-z]{34}\b)", 0, has_entropy},
    {api_key, "replicate_key", R"(\br8_[A-Za-z0-9]{37}\b)", 0, has_entropy},
    {api_key, "perplexity_key", R"(\bpplx-[A-Za-z0-9]{48}\b)", 0, has_entropy},
    {api_key, "google_key", R"(\bAIza[0-9A-Za-z_-]{35})", 0, has_entropy},
    {api_key, "google_oauth", R"(\bGOCSPX-[A-Za-z0-9_-]{28})", 0, has_entropy},
    {api_key, "aws_key_id", R"(\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b)", 0, has_entropy},
    {api_key, "aws_secret",
     R"((?i:aws_?secret(?:_?access)?_?key)["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9/+]{40})\b)", 1,
     has_entropy},
    {api_key, "github_token", R"(\bgh[pousr]_[A-Za-z0-9]{36,251}\b)", 0, has_entropy},
    {api_key, "github_token", R"(\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b)", 0, has_entropy},
    {api_key, "gitlab_token", R"(\bgl(?:pat|dt|rt|ptt|oas)-[A-Za-z0-9_-]{20,64})", 0, has_entropy},
    {api_key, "npm_token", R"(\bnpm_[A-Za-z0-9]{36}\b)", 0, has_entropy},
    {api_key, "pypi_token", R"(\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,250})", 0, has_entropy},
    {api_key, "slack_token", R"(\bxox[abeoprs]-[A-Za-z0-9-]{10,250})", 0, has_entropy},
    {api_key, "slack_token", R"(\bxapp-\d-[A-Z0-9]{8,16}-\d{8,16}-[a-f0-9]{64}\b)", 0, has_entropy},
    {api_key, "slack_webhook",
     R"(https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{40,60})", 0, has_entropy},
    {api_key, "discord_webhook",
     R"(https://(?:\w{1,8}\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80})", 0,
     has_entropy},
    {api_key, "stripe_key", R"(\b(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,120}\b)", 0,
     has_entropy},
    {api_key, "stripe_webhook", R"(\bwhsec_[A-Za-z0-9+/=]{32,64})", 0, has_entropy},
    {api_key, "sendgrid_key", R"(\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})", 0, has_entropy},
    {api_key, "mailgun_key", R"(\bkey-[0-9a-f]{32}\b)", 0, has_entropy},
    {api_key, "telegram_token", R"(\b\d{8,10}:AA[A-Za-z0-9_-]{33})", 0, has_entropy},
    {api_key, "digitalocean_token", R"(\bdo[opr]_v1_[a-f0-9]{64}\b)", 0, has_entropy},
    {api_key, "shopify_token", R"(\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b)", 0, has_entropy},
    {api_key, "square_token", R"(\b(?:sq0csp-[A-Za-z0-9_-]{43}|EAAA[A-Za-z0-9_-]{60}))", 0,
     has_entropy},
    {api_key, "azure_storage_key", R"(AccountKey=([A-Za-z0-9+/]{86}==))", 1, has_entropy},
    {api_key, "databricks_token", R"(\bdapi[a-f0-9]{32}\b)", 0, has_entropy},
    {api_key, "linear_key", R"(\blin_api_[A-Za-z0-9]{40}\b)", 0, has_entropy},
    {api_key, "postman_key", R"(\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b)", 0, has_entropy},
    {api_key, "vault_token", R"(\bhv[sbr]\.[A-Za-z0-9_-]{24,250})", 0, has_entropy},
    {api_key, "alchemy_url", R"(https://[a-z0-9-]{2,32}\.g\.alchemy\.com/v2/([A-Za-z0-9_-]{32}))",
     1, has_entropy},
    {api_key, "infura_url", R"(https://[a-z0-9-]{2,40}\.infura\.io/v3/([a-f0-9]{32}))", 1,
     has_entropy},
    {private_key, "private_key",
     R"(-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END [A-Z0-9 ]{3,40}-----)?)"},
    {private_key, "age_key", R"(\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b)"},
    {private_key, "raw_private_key",
     R"((?i:private[ _-]?key|priv_?key|secret[ _-]?key|signing[ _-]?key|mnemonic[ _-]?key)["']?\s{0,4}(?:is|[:=])\s{0,4}["']?((?:0x)?[0-9a-fA-F]{64})\b)",
     1, has_entropy},
    {jwt, "jwt", R"(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)", 0,
     names_algorithm},
    {password, "url_password",
     R"(\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@"']{0,128}:([^\s/@"']{3,256})@)", 1, is_password},
    {password, "bearer",
     R"((?i:authorization)["']?\s{0,4}[:=]\s{0,4}["']?(?i:bearer|basic|token)\s{1,4}([A-Za-z0-9+/=._~-]{12,}))",
     1, has_entropy},
    {password, "password",
     R"((?i:passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token|client[_-]?secret)["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9+/_=~!@#$%^&*-]{12,256}))",
     1, is_random},
};

constexpr std::pair<std::string_view, SecretKind> kKinds[] = {{"api_key", api_key},
                                                              {"private_key", private_key},
                                                              {"jwt", jwt},
                                                              {"seed_phrase", seed_phrase},
                                                              {"password", password}};

}  // namespace

std::optional<SecretKind> secret_kind_named(std::string_view name) {
  for (const auto& [known, kind] : kKinds)
    if (known == name) return kind;
  return std::nullopt;
}

std::span<const SecretPattern> secret_patterns() {
  return kPatterns;
}

double entropy_of(std::string_view text) {
  std::array<std::size_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const auto count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

}  // namespace gvm::guard
