#include "scripted/program.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "host/lua_libraries.h"
#include "host/watched.h"

namespace gvm::scripted {
namespace {

script::Limits limits_of(const config::ScriptConfig& config) {
  script::Limits limits;
  limits.memory_bytes = config.memory;
  limits.cpu_slice = config.cpu_slice;
  limits.cpu_total = config.cpu_total;
  limits.cpu_unyielding = config.cpu_unyielding;
  return limits;
}

// Folders of "a/?.lua;b/?/init.lua": a and b.
void add_folders_of(std::string_view lua_path, std::vector<files::Folder>& folders) {
  while (!lua_path.empty()) {
    const auto end = std::min(lua_path.find(';'), lua_path.size());
    const std::string_view pattern = lua_path.substr(0, end);
    const auto mark = pattern.find('?');
    if (mark != pattern.npos) {
      const auto slash = pattern.substr(0, mark).rfind('/');
      const auto folder = slash == pattern.npos ? "." : pattern.substr(0, slash + 1);
      folders.push_back({std::string(folder), false});
    }
    lua_path.remove_prefix(std::min(end + 1, lua_path.size()));
  }
}

std::string folder_of(const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

host::CommonOptions common_options(const config::CommonConfig& config) {
  host::CommonOptions options;
  options.data_dir = config.data_dir;
  options.files.reset();
  if (config.script.io == "off") return options;
  std::vector<files::Folder> folders{{config.data_dir, true}};
  folders.push_back({folder_of(config.lua_script_path), false});
  add_folders_of(config.lua_path, folders);
  if (!config.file.empty()) folders.push_back({folder_of(config.file), false});
  options.files = files::Folders(std::move(folders));
  return options;
}

script::ProgramOptions program_options(const config::CommonConfig& config, script::HostTable table,
                                       std::string_view library,
                                       std::initializer_list<std::string_view> entries) {
  script::ProgramOptions options;
  options.script_path = config.lua_script_path;
  options.lua_path = config.lua_path;
  options.required_entries.assign(entries.begin(), entries.end());
  options.libraries = host::common_libraries();
  std::ranges::move(host::libraries_of(library), std::back_inserter(options.libraries));
  options.host = std::move(table);
  host::watch_calls(options.host);
  options.limits = limits_of(config.script);
  return options;
}

}  // namespace gvm::scripted
