#include "script/lua_path.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/size.h"

namespace gvm::script {

namespace {

namespace fs = std::filesystem;

constexpr int kDeepestFolder = 3;
constexpr std::size_t kMostFiles = 512;
constexpr std::size_t kMostEntriesSeen = 4096;  // a pattern such as "./?.lua" in a big folder
constexpr std::size_t kLargestSource = 4 * kMiB;

std::vector<std::string_view> split_patterns(std::string_view lua_path) {
  std::vector<std::string_view> patterns;
  while (!lua_path.empty()) {
    const auto end = std::min(lua_path.find(';'), lua_path.size());
    if (end > 0) patterns.push_back(lua_path.substr(0, end));
    lua_path.remove_prefix(std::min(end + 1, lua_path.size()));
  }
  return patterns;
}

std::string replaced(std::string_view text, char from, char to) {
  std::string out(text);
  std::ranges::replace(out, from, to);
  return out;
}

bool is_module_name(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
  return plain && !name.empty() && name.find("..") == std::string_view::npos && name[0] != '.';
}

// "dir/?/init.lua" against "dir/a/b/init.lua": "a.b".
std::optional<std::string> module_name(std::string_view pattern, std::string_view file) {
  const auto mark = pattern.find('?');
  const std::string_view before = pattern.substr(0, mark);
  const std::string_view after = pattern.substr(mark + 1);
  if (file.size() <= before.size() + after.size()) return std::nullopt;
  if (!file.starts_with(before) || !file.ends_with(after)) return std::nullopt;
  file.remove_prefix(before.size());
  file.remove_suffix(after.size());
  std::string name = replaced(file, '/', '.');
  if (!is_module_name(name)) return std::nullopt;
  return name;
}

void list_pattern(std::string_view pattern, std::map<std::string, std::string>& out) {
  const auto mark = pattern.find('?');
  if (mark == std::string_view::npos || pattern.find('?', mark + 1) != std::string_view::npos)
    return;
  const auto slash = pattern.substr(0, mark).rfind('/');
  const fs::path folder =
      slash == std::string_view::npos ? fs::path(".") : fs::path(pattern.substr(0, slash + 1));
  std::error_code ec;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, ec);
  std::size_t seen = 0;
  for (; !ec && at != fs::recursive_directory_iterator(); at.increment(ec)) {
    if (++seen > kMostEntriesSeen || out.size() >= kMostFiles) return;
    if (at.depth() >= kDeepestFolder) at.disable_recursion_pending();
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    std::string file = at->path().string();
    if (slash == std::string_view::npos) file = file.substr(2);  // "./"
    if (auto name = module_name(pattern, file)) out.emplace(std::move(*name), std::move(file));
  }
}

}  // namespace

std::map<std::string, std::string> list_lua_path(std::string_view lua_path) {
  std::map<std::string, std::string> files;
  for (const std::string_view pattern : split_patterns(lua_path)) list_pattern(pattern, files);
  return files;
}

std::optional<std::string> find_on_lua_path(std::string_view lua_path, std::string_view name) {
  if (!is_module_name(name)) return std::nullopt;
  const std::string as_path = replaced(name, '.', '/');
  for (const std::string_view pattern : split_patterns(lua_path)) {
    std::string file;
    for (const char c : pattern) {
      if (c == '?')
        file += as_path;
      else
        file += c;
    }
    std::error_code ec;
    if (fs::is_regular_file(file, ec)) return file;
  }
  return std::nullopt;
}

std::optional<std::string> read_source(const std::string& file) {
  std::error_code ec;
  if (!fs::is_regular_file(file, ec) || fs::file_size(file, ec) > kLargestSource)
    return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (text.starts_with("#")) text.replace(0, text.find('\n'), "");
  return text;
}

// Without its folder: messages reach contracts, and must be the same on every machine.
std::string chunk_name_of(const std::string& file) {
  return "@" + fs::path(file).filename().string();
}

}  // namespace gvm::script
