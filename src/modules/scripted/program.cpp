#include "scripted/program.h"

#include "host/lua_libraries.h"

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

}  // namespace

Result<std::shared_ptr<const script::Program>> load_program(
    const config::CommonConfig& config, script::HostTable host, std::string_view library,
    std::initializer_list<std::string_view> entries) {
  script::ProgramOptions options;
  options.script_path = config.lua_script_path;
  options.lua_path = config.lua_path;
  options.required_entries.assign(entries.begin(), entries.end());
  options.libraries = host::common_libraries();
  options.libraries.push_back(host::library(library));
  options.host = std::move(host);
  options.limits = limits_of(config.script);
  return script::Program::load(std::move(options));
}

}  // namespace gvm::scripted
