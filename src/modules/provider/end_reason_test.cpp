#include "provider/end_reason.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "support/paths.h"

namespace gvm::provider {
namespace {

std::string_view form_name(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::openai_compatible:
      return "openai-compatible";
    case ProviderKind::anthropic:
      return "anthropic";
    case ProviderKind::google:
      return "google";
    case ProviderKind::ollama:
      return "ollama";
  }
  return "";
}

TEST(EndReasons, AreTheTableOfTheDocumentation) {
  std::set<std::string> built;
  for (const auto& row : end_reasons())
    built.insert(
        fmt::format("| {} | `{}` | {} |", form_name(row.provider), row.reason, end_name(row.end)));
  std::ifstream page(test::source_dir() + "/docs/providers.md");
  std::set<std::string> told;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| form | end reason")) in_table = true;
    if (line.empty()) in_table = false;
    if (in_table && line.find('`') != std::string::npos) told.insert(line);
  }
  EXPECT_EQ(told, built);
}

TEST(EndReasons, OfOneFormMeanNothingInAnother) {
  EXPECT_EQ(end_of(ProviderKind::openai_compatible, "STOP"), End::failed);
  EXPECT_EQ(end_of(ProviderKind::google, "stop"), End::failed);
  EXPECT_EQ(end_of(ProviderKind::ollama, "end_turn"), End::failed);
}

}  // namespace
}  // namespace gvm::provider
