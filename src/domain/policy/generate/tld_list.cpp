// Run by the build: the top-level domains of the public suffix list as a source file.
//   gvm_tld_list public_suffix_list.dat output.cpp
#include <cstdio>
#include <fstream>

#include "policy/tld_text.h"

namespace {

void write_source(std::ostream& out, const gvm::policy::TldText& list) {
  out << "// Made by gvm_tld_list from the public suffix list.\n"
         "#include \"policy/tld_list.h\"\n\n"
         "namespace gvm::policy {\n"
         "namespace {\n\n"
         "constexpr std::string_view kTlds[] = {\n";
  for (const auto& tld : list.labels) out << "    \"" << tld << "\",\n";
  out << "};\n\n"
         "}  // namespace\n\n"
         "std::span<const std::string_view> public_tlds() {\n"
         "  return kTlds;\n"
         "}\n\n"
         "std::string_view public_tlds_version() {\n"
         "  return \""
      << list.version
      << "\";\n"
         "}\n\n"
         "}  // namespace gvm::policy\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: gvm_tld_list LIST OUTPUT\n", stderr), 64;
  std::ifstream stream(argv[1]);
  const auto list = gvm::policy::read_tld_text(stream);
  if (!list.plausible()) {
    std::fprintf(stderr, "%s: only %zu top-level domains\n", argv[1], list.labels.size());
    return 1;
  }
  std::ofstream out(argv[2]);
  write_source(out, list);
  return out.flush() ? 0 : 1;
}
