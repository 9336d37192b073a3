#pragma once
// The Lua libraries that ship, embedded in the program at build time. Their sources are in lua/.
#include <vector>

#include "script/script.h"

namespace gvm::host {

// For every module: lib-genvm, value2json, inspect.
std::vector<script::LibrarySource> common_libraries();
// Further, of one module by its library's name: "lib-llm", and what it is made of, or "lib-web".
std::vector<script::LibrarySource> libraries_of(std::string_view name);
// One by its name. A name that does not ship is a bug: throws std::logic_error.
script::LibrarySource library(std::string_view name);

}  // namespace gvm::host
