// Any text as a URL. An address that is allowed is not forbidden by a second, independent
// implementation, and every refusal has a reason.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/test_addresses.h"
#include "policy/url_pattern.h"
#include "policy/url_rules.h"

namespace {

using namespace gvm;
using namespace gvm::policy;

void require(bool holds) {
  if (!holds) std::abort();
}

const UrlRules& rules() {
  static const UrlRules made = *UrlRules::compile(
      {.allow = {"*", "re:.*"},
       .deny = {"*.denied.com", "*/admin", "*.example.com/*/x**", "re:.*evil.*"}},
      AddressRules());
  return made;
}

void judge(const url::Url& url) {
  const auto decision = rules().judge(url);
  require(decision.allowed == decision.code.empty());
  require(decision.allowed == decision.sentence.empty());
  require(!decision.trusted);
  const auto steps = rules().explain(url);
  require(!steps.empty() && steps.back().passed == decision.allowed);
  if (!decision.allowed) return;
  require(url.scheme() == "http" || url.scheme() == "https");
  require(!url.has_credentials());
  const auto literal = literal_address(url);
  if (literal) {
    require(!independently_forbidden(*literal));
  } else {
    require(dns_name(url).find('.') != std::string::npos);
    require(!dns_name(url).ends_with("localhost"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = url::parse(text)) judge(*url);
  if (const auto host = url::parse("http://" + std::string(text) + "/")) judge(*host);
  rules().judge_host(text, 443);
  if (const auto pattern = UrlPattern::compile(text); pattern && size < 200) {
    static const auto url = *url::parse("https://www.example.com/a/b/c?d");
    (void)pattern->matches(UrlForms(url), Match::either_form);
  }
  if (size != 16) return 0;
  IpAddress::Bytes16 bytes{};
  for (std::size_t i = 0; i < size; ++i) bytes[i] = data[i];
  const auto address = IpAddress::v6(bytes);
  require(AddressRules().allows(address) == !independently_forbidden(address));
  require(IpAddress::parse(address.to_string()) == address);
  return 0;
}
