// Run by the build: the top-level domains of the public suffix list as a source file.
//   gvm_tld_list public_suffix_list.dat output.cpp
#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "url/url.h"

namespace {

// A file with fewer entries is not the public suffix list (it has about 1,450).
constexpr std::size_t kFewest = 1000;
// Listed, but not part of the public Internet: RFC 7686.
constexpr const char* kOnion = "onion";

std::set<std::string> read_tlds(std::istream& list) {
  std::set<std::string> out;
  for (std::string line; std::getline(list, line);) {
    if (line.starts_with("// ===END ICANN DOMAINS===")) break;
    if (line.empty() || line.starts_with("//")) continue;
    const auto rule = line.substr(0, line.find_first_of(" \t\r"));
    const auto tld = gvm::url::domain_to_ascii(rule.substr(rule.rfind('.') + 1));
    if (tld && !tld->empty() && *tld != kOnion) out.insert(*tld);
  }
  return out;
}

void write_source(std::ostream& out, const std::set<std::string>& tlds) {
  out << "// Made by gvm_tld_list from the public suffix list.\n"
         "#include \"policy/url_rules.h\"\n\n"
         "namespace gvm::policy {\n"
         "namespace {\n\n"
         "constexpr std::string_view kTlds[] = {\n";
  for (const auto& tld : tlds) out << "    \"" << tld << "\",\n";
  out << "};\n\n"
         "}  // namespace\n\n"
         "std::span<const std::string_view> public_tlds() {\n"
         "  return kTlds;\n"
         "}\n\n"
         "}  // namespace gvm::policy\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: gvm_tld_list LIST OUTPUT\n", stderr), 64;
  std::ifstream list(argv[1]);
  const auto tlds = read_tlds(list);
  if (tlds.size() < kFewest) {
    std::fprintf(stderr, "%s: only %zu top-level domains\n", argv[1], tlds.size());
    return 1;
  }
  std::ofstream out(argv[2]);
  write_source(out, tlds);
  return out.flush() ? 0 : 1;
}
