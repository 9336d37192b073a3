#pragma once
// Which URLs may be asked for, before any packet leaves. Pure and immutable after compile(): shared
// by all lanes without locks.
//
// The order of the checks; the first that refuses decides:
//   1. length     the whole URL, and its host
//   2. scheme     http and https
//   3. user info  none
//   4. deny       no pattern of the deny list matches. Deny wins over everything below
//   5. trusted    a host of always_allow_hosts passes here, without the checks below
//   6. host       a domain: no empty label (one trailing dot is dropped), none of the local names
//                 (localhost, *.local, ...), more than one label; an address: AddressRules
//   7. port       80, 443 and what the configuration adds
//   8. TLD        of the public suffix list, or of extra_tld
//   9. allow      when the list is not empty: one of its patterns matches. It lifts no other check
// What passes a name here is still subject to AddressRules for every address it resolves to, unless
// it is trusted.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/address.h"
#include "policy/tld_list.h"
#include "url/url.h"

namespace gvm::policy {

struct UrlRulesConfig {
  std::vector<int> ports = {80, 443};
  std::shared_ptr<const TldList> tlds = nullptr;  // null: those of the build
  std::vector<std::string> extra_tld = {};  // with or without leading dot, Unicode or Punycode
  std::vector<std::string> always_allow_hosts = {};  // "host", "host:port"; '*' as in patterns
  std::vector<std::string> allow = {};               // patterns, see url_pattern.h
  std::vector<std::string> deny = {};
  std::size_t max_url_bytes = 8192;  // the whole URL, canonical
};

enum class UrlRule {
  passed,   // nothing refused it
  trusted,  // always_allow_hosts
  parse,
  length,
  scheme,
  user_info,
  deny,
  host,  // empty label, too long a label or name
  local_name,
  single_label,
  address,
  port,
  tld,
  allow,  // no entry of the allow list matches
};
std::string_view name_of(UrlRule rule);  // "local name", "always_allow_hosts", ...

struct Decision {
  bool allowed = false;
  // always_allow_hosts: port, TLD and addresses are not checked, here and when dialling.
  bool trusted = false;
  std::string_view code;  // of codes:: when refused
  UrlRule rule = UrlRule::passed;
  std::string entry;     // the pattern, name or range that decided; for operators
  std::string sentence;  // for the contract: reveals nothing about the internal network

  // The non-fatal error of a refusal: code, sentence, and in ctx the url (without user info and
  // query) and what was wrong of it: schema, port or tld.
  Error error(const url::Url& url) const;
};

class UrlRules {
 public:
  // INVALID_CONFIG, with the entry that is wrong in its detail.
  static Result<UrlRules> compile(UrlRulesConfig config, AddressRules addresses);

  UrlRules(UrlRules&&) noexcept;
  UrlRules& operator=(UrlRules&&) noexcept;
  ~UrlRules();

  Decision judge(const url::Url& url) const;
  // Every check in its order up to the deciding one, for explain-url: "scheme: https passes".
  struct Step {
    UrlRule rule;
    bool passed;
    std::string text;
  };
  std::vector<Step> explain(const url::Url& url) const;

  // A WebSocket or tunnel that knows only host (ASCII, brackets for IPv6) and port: judged as
  // https://host:port/.
  Decision judge_host(std::string_view host, std::uint16_t port) const;

  // Every resolved or dialled address of a URL that is not trusted must pass this.
  const AddressRules& addresses() const;

  struct Compiled;

 private:
  explicit UrlRules(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

// The host in the form used for DNS queries: without one trailing dot. Empty when it is an IP
// literal.
std::string dns_name(const url::Url& url);
// The address when the host is an IP literal.
std::optional<IpAddress> literal_address(const url::Url& url);

}  // namespace gvm::policy
