#pragma once
// Reads the text of a public suffix list. A header alone, because the build's generator, which the
// rest of policy needs, reads the list of the build with it.
#include <istream>
#include <set>
#include <string>
#include <string_view>

#include "url/url.h"

namespace gvm::policy {

struct TldText {
  std::set<std::string, std::less<>> labels;  // ASCII, lower case, without dots
  std::string version;                        // of "// VERSION: ..."; older lists have none

  // Fewer top-level domains than this are no public suffix list (it has about 1,450).
  static constexpr std::size_t kFewest = 1000;
  bool plausible() const { return labels.size() >= kFewest; }
};

// The section of ICANN's domains only.
inline TldText read_tld_text(std::istream& list) {
  constexpr std::string_view kVersion = "// VERSION: ";
  constexpr std::string_view kOnion = "onion";  // nothing of the public Internet: RFC 7686
  TldText out;
  for (std::string line; std::getline(list, line);) {
    if (line.starts_with("// ===END ICANN DOMAINS===")) break;
    if (line.starts_with(kVersion)) out.version = line.substr(kVersion.size());
    if (line.empty() || line.starts_with("//")) continue;
    const auto rule = line.substr(0, line.find_first_of(" \t\r"));
    const auto tld = url::domain_to_ascii(rule.substr(rule.rfind('.') + 1));
    if (tld && !tld->empty() && *tld != kOnion) out.labels.insert(*tld);
  }
  return out;
}

}  // namespace gvm::policy
