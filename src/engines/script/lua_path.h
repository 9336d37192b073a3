#pragma once
// The operator's lua_path: ';'-separated patterns with '?', as package.path of Lua. Used only while
// a program loads.
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gvm::script {

// Every file the patterns reach, by module name ("a.b" for a/b.lua); the earlier pattern wins.
// Bounded in depth and number.
std::map<std::string, std::string> list_lua_path(std::string_view lua_path);
// The file of one module; empty when there is none, or `name` is no module name.
std::optional<std::string> find_on_lua_path(std::string_view lua_path, std::string_view name);

// The text of a regular file; empty when it cannot be read or exceeds 4 MiB. A first line "#..." is
// blanked.
std::optional<std::string> read_source(const std::string& file);
// What Lua's messages call the file.
std::string chunk_name_of(const std::string& file);

}  // namespace gvm::script
