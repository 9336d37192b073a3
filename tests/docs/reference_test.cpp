// The generated pages agree with the code of both modules.
#include "host/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "llm/handler.h"
#include "script/engine_functions.h"
#include "support/paths.h"
#include "web/handler.h"

namespace gvm {
namespace {

script::HostTable documented_table() {
  config::LlmConfig config;
  config.common.meta = Value::map();
  script::HostTable table = llm::host_table(config);
  // The common rows are there already.
  script::HostTable web = web::host_table({}).value();
  const auto of_web = [](const auto& row) { return row.library == "web.rs"; };
  std::ranges::copy_if(web.functions, std::back_inserter(table.functions), of_web);
  std::ranges::copy_if(web.constants, std::back_inserter(table.constants), of_web);
  for (const auto& row : script::engine_functions()) table.functions.push_back(row);
  return table;
}

// GVM_UPDATE_DOCS=1 rewrites the file instead.
void expect_current(const std::string& file, const std::string& expected) {
  const std::string path = test::source_dir() + "/" + file;
  if (std::getenv("GVM_UPDATE_DOCS") != nullptr) {
    std::ofstream(path) << expected;
    return;
  }
  std::ifstream stream(path);
  const std::string found{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_TRUE(found == expected) << file << " is stale: run make docs";
}

TEST(Reference, PageIsCurrent) {
  expect_current("docs/lua-reference.md", host::render_reference(documented_table()));
}

TEST(Reference, LuaTypesAreCurrent) {
  expect_current("lua/meta/host.lua", host::render_luals(documented_table()));
}

}  // namespace
}  // namespace gvm
