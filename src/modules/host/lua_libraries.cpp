#include "host/lua_libraries.h"

#include <stdexcept>

namespace gvm::host {

// In the generated source file, see cmake/GvmEmbed.cmake.
std::string_view embedded(std::string_view name);

script::LibrarySource library(std::string_view name) {
  const std::string_view source = embedded(name);
  if (source.empty()) throw std::logic_error("no such library: " + std::string(name));
  return {std::string(name), std::string(source)};
}

std::vector<script::LibrarySource> common_libraries() {
  return {library("value2json"), library("lib-genvm"), library("inspect"), library("lsqlite3")};
}

std::vector<script::LibrarySource> libraries_of(std::string_view name) {
  std::vector<script::LibrarySource> all = {library(name)};
  if (name == "lib-llm") all.push_back(library("lib-llm-judge"));
  return all;
}

}  // namespace gvm::host
