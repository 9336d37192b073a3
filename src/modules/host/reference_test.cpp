#include "host/reference.h"

#include <gtest/gtest.h>

#include "host/functions.h"
#include "script/engine_functions.h"

namespace gvm::host {

namespace {

script::HostTable documented_table() {
  script::HostTable table = common_table({});
  for (const auto& row : script::engine_functions()) table.functions.push_back(row);
  return table;
}

TEST(Reference, EveryRowIsDocumentedWithTypes) {
  const auto table = documented_table();
  for (const auto& row : table.functions) {
    EXPECT_TRUE(row.signature.starts_with("fun(")) << row.name;
    EXPECT_TRUE(row.doc.ends_with(".")) << row.name;
  }
  for (const auto& row : table.constants) {
    EXPECT_FALSE(row.type.empty()) << row.name;
    EXPECT_TRUE(row.doc.ends_with(".")) << row.name;
  }
}

TEST(Reference, PageShowsNameTypeAndSentenceOfARow) {
  script::HostTable table;
  table.functions.push_back({"llm.rs", "f", "fun(x: integer)", "Does it.", nullptr});
  table.constants.push_back({"llm.rs", "c", "string", "What it is.", Value()});
  const std::string page = render_reference(table);
  EXPECT_NE(page.find("## llm.rs\n\nThis is `require(\"lib-llm\").rs`.\n\n### llm.rs.f\n\n```lua\n"
                      "fun(x: integer)\n```\n\nDoes it.\n\n### llm.rs.c"),
            std::string::npos);
  EXPECT_NE(render_luals(table).find("---@class llm.rs\n---@field f fun(x: integer) # Does it.\n"
                                     "---@field c string # What it is.\n"),
            std::string::npos);
}

}  // namespace

}  // namespace gvm::host
