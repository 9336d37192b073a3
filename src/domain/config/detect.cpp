// Which module a configuration file is for.
#include <filesystem>

#include "config/load.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

int keys_only_of(ModuleKind kind, const Node& root) {
  const auto& own = kind == ModuleKind::llm ? llm_section() : web_section();
  const auto& other = kind == ModuleKind::llm ? web_section() : llm_section();
  int count = 0;
  for (const auto& entry : root.entries)
    if (own.find(entry.key) != nullptr && other.find(entry.key) == nullptr) ++count;
  return count;
}

std::expected<ModuleKind, Diagnostic> kind_of_name(const std::string& path) {
  const auto name = std::filesystem::path(path).filename().string();
  const bool llm = name.find("llm") != std::string::npos;
  const bool web = name.find("web") != std::string::npos;
  if (llm != web) return llm ? ModuleKind::llm : ModuleKind::web;
  return std::unexpected(Diagnostic{
      path, {}, "", "cannot tell the module, expected backends (LLM) or webdriver_host (web)"});
}

}  // namespace

std::expected<ModuleKind, Diagnostic> detect_kind(const std::string& path) {
  const auto document = read_document(path);
  if (!document.root) {
    // A broken file is loaded anyway, for its diagnostics; its name decides which schema is used.
    auto by_name = kind_of_name(path);
    if (by_name) return by_name;
    return std::unexpected(document.diagnostics.front());
  }
  const int llm = keys_only_of(ModuleKind::llm, *document.root);
  const int web = keys_only_of(ModuleKind::web, *document.root);
  if (llm == web) return kind_of_name(path);
  return llm > web ? ModuleKind::llm : ModuleKind::web;
}

}  // namespace gvm::config
