#include "policy/url_rules.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include "base/error_codes.h"
#include "policy/codes.h"
#include "policy/url_pattern.h"

namespace gvm::policy {
namespace {

// RFC 1035, 2.3.4.
constexpr std::size_t kMaxNameBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

// Names that lead to the internal network, with or without DNS. Each entry also covers all names
// below it.
constexpr std::array<std::string_view, 5> kLocalNames = {"localhost", "local", "internal",
                                                         "home.arpa", "onion"};

std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

std::string_view last_label(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

std::string_view local_name(std::string_view name) {
  for (const auto local : kLocalNames) {
    if (!name.ends_with(local)) continue;
    if (name.size() == local.size() || name[name.size() - local.size() - 1] == '.') return local;
  }
  return {};
}

const char* problem_with_name(std::string_view name) {
  if (name.size() > kMaxNameBytes) return "the host's name is too long";
  while (true) {
    const auto dot = name.find('.');
    const auto label = name.substr(0, dot);
    if (label.empty()) return "the host's name has an empty label";
    if (label.size() > kMaxLabelBytes) return "the host's name has a label that is too long";
    if (dot == std::string_view::npos) return nullptr;
    name.remove_prefix(dot + 1);
  }
}

Result<std::string> canonical_tld(std::string_view text) {
  if (text.starts_with('.')) text.remove_prefix(1);
  auto ascii = url::domain_to_ascii(text);
  if (ascii && !ascii->empty() && !ascii->contains('.')) return std::move(*ascii);
  return fail(codes::kInvalidConfig, Fatality::fatal,
              "extra_tld: \"" + std::string(text) + "\" is no top-level domain");
}

// An IPv6 address may be written without its brackets.
std::string bracketed(std::string_view host) {
  const auto address = IpAddress::parse(host);
  const bool bare = address && !address->is_v4() && !host.starts_with('[');
  return bare ? "[" + std::string(host) + "]" : std::string(host);
}

Result<std::vector<UrlPattern>> compile_all(const std::vector<std::string>& texts,
                                            std::string_view list) {
  std::vector<UrlPattern> out;
  out.reserve(texts.size());
  for (const auto& text : texts) {
    auto pattern = UrlPattern::compile(text);
    if (!pattern) return fail(std::move(pattern.error().add_cause("in " + std::string(list))));
    out.push_back(std::move(*pattern));
  }
  return out;
}

Result<std::vector<UrlPattern>> compile_hosts(const std::vector<std::string>& hosts) {
  static constexpr std::string_view kList = "always_allow_hosts";
  std::vector<std::string> patterns;
  for (const auto& host : hosts) {
    if (host.find('/') != std::string::npos || host.starts_with("re:")) {
      return fail(codes::kInvalidConfig, Fatality::fatal,
                  "\"" + host + "\" is no host; expected host or host:port, in always_allow_hosts");
    }
    patterns.push_back(bracketed(host));
  }
  return compile_all(patterns, kList);
}

const UrlPattern* find(const std::vector<UrlPattern>& patterns, const UrlForms& forms,
                       Match match) {
  const auto found = std::ranges::find_if(
      patterns, [&](const UrlPattern& pattern) { return pattern.matches(forms, match); });
  return found == patterns.end() ? nullptr : &*found;
}

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

// A URL with everything that the checks need, computed once.
struct Subject {
  explicit Subject(const url::Url& of)
      : url(of), host(without_dot(of.hostname())), literal(literal_address(of)) {}

  const UrlForms& forms() const {
    if (!forms_) forms_.emplace(url);
    return *forms_;
  }

  const url::Url& url;
  std::string_view host;
  std::optional<IpAddress> literal;

 private:
  mutable std::optional<UrlForms> forms_;  // computed on first use: only lists need it
};

// Empty means that the check does not refuse the URL.
using Verdict = std::optional<Decision>;

Decision refuse(UrlRule rule, std::string_view code, std::string_view sentence,
                std::string_view entry) {
  return {.allowed = false,
          .trusted = false,
          .code = code,
          .rule = rule,
          .entry = std::string(entry),
          .sentence = std::string(sentence)};
}

Decision pass(UrlRule rule, std::string_view entry) {
  return {.allowed = true,
          .trusted = rule == UrlRule::trusted,
          .code = {},
          .rule = rule,
          .entry = std::string(entry),
          .sentence = {}};
}

}  // namespace

struct UrlRules::Compiled {
  UrlRulesConfig config;
  AddressRules addresses;
  std::unordered_set<std::string, Hash, std::equal_to<>> extra_tld;
  std::vector<UrlPattern> trusted;
  std::vector<UrlPattern> allow;
  std::vector<UrlPattern> deny;

  Verdict check_length(const Subject& subject) const;
  Verdict check_scheme(const Subject& subject) const;
  Verdict check_user_info(const Subject& subject) const;
  Verdict check_deny(const Subject& subject) const;
  Verdict check_trusted(const Subject& subject) const;
  Verdict check_host(const Subject& subject) const;
  Verdict check_local_name(const Subject& subject) const;
  Verdict check_single_label(const Subject& subject) const;
  Verdict check_address(const Subject& subject) const;
  Verdict check_port(const Subject& subject) const;
  Verdict check_tld(const Subject& subject) const;
  Verdict check_allow(const Subject& subject) const;
};

namespace {

struct Check {
  UrlRule rule;
  Verdict (UrlRules::Compiled::*run)(const Subject&) const;
};

}  // namespace

Verdict UrlRules::Compiled::check_length(const Subject& s) const {
  if (s.url.href().size() <= config.max_url_bytes) return std::nullopt;
  return refuse(UrlRule::length, codes::kMalformedUrl, "the URL is too long",
                std::to_string(config.max_url_bytes) + " bytes");
}

Verdict UrlRules::Compiled::check_scheme(const Subject& s) const {
  if (s.url.scheme() == "http" || s.url.scheme() == "https") return std::nullopt;
  return refuse(UrlRule::scheme, codes::kSchemaForbidden, "the scheme is neither http nor https",
                s.url.scheme());
}

Verdict UrlRules::Compiled::check_user_info(const Subject& s) const {
  if (!s.url.has_credentials()) return std::nullopt;
  return refuse(UrlRule::user_info, codes::kMalformedUrl,
                "a user name or password in a URL is not allowed", {});
}

Verdict UrlRules::Compiled::check_deny(const Subject& s) const {
  if (deny.empty()) return std::nullopt;
  const auto* entry = find(deny, s.forms(), Match::either_form);
  if (entry == nullptr) return std::nullopt;
  return refuse(UrlRule::deny, codes::kUrlForbidden, "the URL is not allowed", entry->text());
}

Verdict UrlRules::Compiled::check_trusted(const Subject& s) const {
  if (trusted.empty()) return std::nullopt;
  const auto* entry = find(trusted, s.forms(), Match::both_forms);
  if (entry == nullptr) return std::nullopt;
  return pass(UrlRule::trusted, entry->text());
}

Verdict UrlRules::Compiled::check_host(const Subject& s) const {
  if (s.literal) return std::nullopt;
  const char* problem = problem_with_name(s.host);
  if (problem == nullptr) return std::nullopt;
  return refuse(UrlRule::host, codes::kMalformedUrl, problem, {});
}

Verdict UrlRules::Compiled::check_local_name(const Subject& s) const {
  if (s.literal) return std::nullopt;
  const auto local = local_name(s.host);
  if (local.empty()) return std::nullopt;
  return refuse(UrlRule::local_name, codes::kTldForbidden, "the host's name is not a public one",
                local);
}

Verdict UrlRules::Compiled::check_single_label(const Subject& s) const {
  if (s.literal || s.host.contains('.')) return std::nullopt;
  return refuse(UrlRule::single_label, codes::kTldForbidden, "the host's name is not a public one",
                s.host);
}

Verdict UrlRules::Compiled::check_address(const Subject& s) const {
  if (!s.literal) return std::nullopt;
  const auto decision = addresses.judge(*s.literal, s.url.effective_port().value_or(0));
  if (decision.allowed) return std::nullopt;
  return refuse(UrlRule::address, codes::kAddressForbidden, "the server's address is not allowed",
                decision.to_string());
}

Verdict UrlRules::Compiled::check_port(const Subject& s) const {
  const int port = s.url.effective_port().value_or(0);
  if (std::ranges::find(config.ports, port) != config.ports.end()) return std::nullopt;
  return refuse(UrlRule::port, codes::kPortForbidden, "the port is not allowed",
                std::to_string(port));
}

Verdict UrlRules::Compiled::check_tld(const Subject& s) const {
  if (s.literal) return std::nullopt;
  const auto label = last_label(s.host);
  const bool known = config.tlds ? config.tlds->contains(label) : is_public_tld(label);
  if (known || extra_tld.contains(label)) return std::nullopt;
  return refuse(UrlRule::tld, codes::kTldForbidden, "the top-level domain is not allowed", label);
}

Verdict UrlRules::Compiled::check_allow(const Subject& s) const {
  if (allow.empty()) return std::nullopt;
  const auto* entry = find(allow, s.forms(), Match::both_forms);
  if (entry != nullptr) return pass(UrlRule::passed, entry->text());
  return refuse(UrlRule::allow, codes::kUrlForbidden, "the URL is not allowed", {});
}

namespace {

using C = UrlRules::Compiled;

// The order is stated in url_rules.h.
constexpr std::array<Check, 12> kChecks = {{{UrlRule::length, &C::check_length},
                                            {UrlRule::scheme, &C::check_scheme},
                                            {UrlRule::user_info, &C::check_user_info},
                                            {UrlRule::deny, &C::check_deny},
                                            {UrlRule::trusted, &C::check_trusted},
                                            {UrlRule::host, &C::check_host},
                                            {UrlRule::local_name, &C::check_local_name},
                                            {UrlRule::single_label, &C::check_single_label},
                                            {UrlRule::address, &C::check_address},
                                            {UrlRule::port, &C::check_port},
                                            {UrlRule::tld, &C::check_tld},
                                            {UrlRule::allow, &C::check_allow}}};

}  // namespace

Result<UrlRules> UrlRules::compile(UrlRulesConfig config, AddressRules addresses) {
  auto compiled = std::make_unique<Compiled>();
  for (const auto& text : config.extra_tld) {
    auto tld = canonical_tld(text);
    if (!tld) return fail(std::move(tld.error()));
    compiled->extra_tld.insert(std::move(*tld));
  }
  auto trusted = compile_hosts(config.always_allow_hosts);
  if (!trusted) return fail(std::move(trusted.error()));
  auto allow = compile_all(config.allow, "the allow list");
  if (!allow) return fail(std::move(allow.error()));
  auto deny = compile_all(config.deny, "the deny list");
  if (!deny) return fail(std::move(deny.error()));
  compiled->trusted = std::move(*trusted);
  compiled->allow = std::move(*allow);
  compiled->deny = std::move(*deny);
  compiled->config = std::move(config);
  compiled->addresses = std::move(addresses);
  return UrlRules(std::move(compiled));
}

UrlRules::UrlRules(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
UrlRules::UrlRules(UrlRules&&) noexcept = default;
UrlRules& UrlRules::operator=(UrlRules&&) noexcept = default;
UrlRules::~UrlRules() = default;

Decision UrlRules::judge(const url::Url& url) const {
  const Subject subject(url);
  for (const auto& check : kChecks) {
    if (auto verdict = ((*compiled_).*check.run)(subject)) return std::move(*verdict);
  }
  return pass(UrlRule::passed, {});
}

std::vector<UrlRules::Step> UrlRules::explain(const url::Url& url) const {
  const Subject subject(url);
  std::vector<Step> steps;
  for (const auto& check : kChecks) {
    const auto verdict = ((*compiled_).*check.run)(subject);
    const bool passed = !verdict || verdict->allowed;
    std::string text = passed ? "passes" : verdict->sentence;
    if (verdict && !verdict->entry.empty()) text += ": " + verdict->entry;
    steps.push_back({check.rule, passed, std::move(text)});
    if (verdict) break;
  }
  return steps;
}

Decision UrlRules::judge_host(std::string_view host, std::uint16_t port) const {
  const auto parsed = url::parse("https://" + std::string(host) + ":" + std::to_string(port) + "/");
  const bool only_host = host.find_first_of("/?#@\\") == std::string_view::npos;
  if (!parsed || !only_host)
    return refuse(UrlRule::parse, codes::kMalformedUrl, "this is no host", {});
  return judge(*parsed);
}

const AddressRules& UrlRules::addresses() const {
  return compiled_->addresses;
}

Error Decision::error(const url::Url& url) const {
  Error out(code, Fatality::user, sentence);
  std::string shown = url.origin();
  if (shown == "null")
    shown = std::string(url.scheme()) + ":";
  else
    shown += url.path();
  out.with("url", Value::string(std::move(shown)));
  if (code == codes::kSchemaForbidden) out.with("schema", Value::string(std::string(url.scheme())));
  if (code == codes::kPortForbidden)
    out.with("port", Value::integer(url.effective_port().value_or(0)));
  if (code == codes::kTldForbidden)
    out.with("tld", Value::string(std::string(last_label(without_dot(url.hostname())))));
  return out;
}

std::string_view name_of(UrlRule rule) {
  switch (rule) {
    case UrlRule::passed:
      return "no rule refuses";
    case UrlRule::trusted:
      return "always_allow_hosts";
    case UrlRule::parse:
      return "URL";
    case UrlRule::length:
      return "length";
    case UrlRule::scheme:
      return "scheme";
    case UrlRule::user_info:
      return "user info";
    case UrlRule::deny:
      return "deny list";
    case UrlRule::host:
      return "host name";
    case UrlRule::local_name:
      return "local names";
    case UrlRule::single_label:
      return "single-label names";
    case UrlRule::address:
      return "address";
    case UrlRule::port:
      return "port";
    case UrlRule::tld:
      return "top-level domain";
    case UrlRule::allow:
      return "allow list";
  }
  std::unreachable();
}

std::string dns_name(const url::Url& url) {
  return literal_address(url) ? std::string() : std::string(without_dot(url.hostname()));
}

// The parser has already converted every spelling of an IPv4 address to dotted decimal.
std::optional<IpAddress> literal_address(const url::Url& url) {
  const auto host = url.hostname();
  const bool maybe =
      host.starts_with('[') || (!host.empty() && host.back() >= '0' && host.back() <= '9');
  return maybe ? IpAddress::parse(host) : std::nullopt;
}

}  // namespace gvm::policy
