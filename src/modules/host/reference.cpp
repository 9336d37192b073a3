#include "host/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace gvm::host {

namespace {

struct Row {
  std::string_view name;
  std::string_view type;
  std::string_view doc;
};

struct Library {
  std::string_view name;
  std::vector<Row> functions;
  std::vector<Row> constants;
};

Library& library_named(std::vector<Library>& libraries, std::string_view name) {
  const auto at = std::ranges::find(libraries, name, &Library::name);
  if (at != libraries.end()) return *at;
  libraries.push_back({name, {}, {}});
  return libraries.back();
}

std::vector<Library> by_library(const script::HostTable& table) {
  std::vector<Library> libraries;
  for (const auto& row : table.functions) {
    library_named(libraries, row.library).functions.push_back({row.name, row.signature, row.doc});
  }
  for (const auto& row : table.constants) {
    library_named(libraries, row.library).constants.push_back({row.name, row.type, row.doc});
  }
  return libraries;
}

// How a script gets the table.
std::string access(std::string_view library) {
  if (library == "lib.rs") return "`require(\"lib-genvm\").rs`";
  if (library == "llm.rs") return "`require(\"lib-llm\").rs`";
  if (library == "web.rs") return "`require(\"lib-web\").rs`";
  if (library == "HtmlDocument") return "what `lib.rs.html` answers";
  if (library == "File") return "what `io.open` answers";
  if (library == "lsqlite3") return "what `require(\"lsqlite3\")` is made of";
  if (library == "HtmlElement") return "what `select` and its like answer";
  return fmt::format("the global `{}`", library);
}

void append_rows(std::string& out, std::string_view library, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    fmt::format_to(std::back_inserter(out), "\n### {}.{}\n\n```lua\n{}\n```\n\n{}\n", library,
                   row.name, row.type, row.doc);
  }
}

}  // namespace

std::string render_reference(const script::HostTable& table) {
  std::string out =
      "# Host functions for Lua scripts\n\n"
      "<!-- Generated from the table of host functions; a test fails when this page is stale. "
      "GVM_UPDATE_DOCS=1 rewrites it. -->\n\n"
      "A call with wrong arguments raises `SCRIPT_BAD_ARGUMENT`, naming the function, the "
      "argument, "
      "what was expected and what was found. Errors keep their type through `pcall` and "
      "`error(e)`; "
      "`lib.rs.as_user_error(e)` shows them as a table. Functions that wait suspend only the "
      "session "
      "that calls them.\n";
  for (const Library& library : by_library(table)) {
    fmt::format_to(std::back_inserter(out), "\n## {}\n\nThis is {}.\n", library.name,
                   access(library.name));
    append_rows(out, library.name, library.functions);
    append_rows(out, library.name, library.constants);
  }
  return out;
}

std::string render_luals(const script::HostTable& table) {
  std::string out =
      "---@meta _\n"
      "-- Types of the host functions for the Lua language server. Generated from the table of "
      "host "
      "functions; a test fails\n-- when this file is stale. GVM_UPDATE_DOCS=1 rewrites it.\n";
  for (const Library& library : by_library(table)) {
    fmt::format_to(std::back_inserter(out), "\n---@class {}\n", library.name);
    for (const auto* rows : {&library.functions, &library.constants}) {
      for (const Row& row : *rows) {
        fmt::format_to(std::back_inserter(out), "---@field {} {} # {}\n", row.name, row.type,
                       row.doc);
      }
    }
  }
  return out;
}

}  // namespace gvm::host
