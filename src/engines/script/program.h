#pragma once
// Inside of Program: everything compiled, shared and immutable once load() has returned.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "script/off_lane.h"
#include "script/script.h"

namespace gvm::script {

struct Module {
  std::string bytecode;
  std::string problem;  // why it does not compile; raised when something requires it
};

class ProgramImpl : public Program {
 public:
  explicit ProgramImpl(ProgramOptions options) : options_(std::move(options)) {}

  const HostTable& host() const override { return options_.host; }
  bool has_entry(std::string_view name) const override { return entries_.contains(name); }

  const ProgramOptions& options() const { return options_; }
  const Module& script() const { return script_; }
  const Module& entry_runner() const { return entry_runner_; }
  // A null pointer when nothing of this name was found.
  const Module* find_module(std::string_view name) const;
  // Only while load() runs: looks on `lua_path` (what package.path says) and beside the script,
  // then among the libraries that ship, and compiles. What was found before on the configured path
  // gives way to a file on a path that the script has set.
  const Module* find_or_compile(std::string_view lua_path, std::string_view name);
  // Only while load() runs: compiles the files on `lua_path` whose module names are wanted.
  void compile_listed(std::string_view lua_path,
                      const std::function<bool(const std::string&)>& wanted);
  // The file of a module: on `lua_path`, or beside the script.
  std::optional<std::string> file_of(std::string_view lua_path, std::string_view name) const;
  std::unique_ptr<Services> loading_services() const;

 private:
  friend class ProgramLoader;
  // The first, so that it outlives what its work may use.
  std::shared_ptr<Background> background_ = keep_background();
  ProgramOptions options_;
  Module script_;
  Module entry_runner_;
  std::map<std::string, Module, std::less<>> modules_;
  std::set<std::string, std::less<>> entries_;
};

// The libraries and the functions of the host, for whoever looks at what a script would find.
// INVALID_CONFIG when a library does not compile.
Result<std::shared_ptr<const Program>> load_without_script(ProgramOptions options);

// Lua text to bytecode with line numbers. The error text names file and line.
Module compile(std::string_view source, const std::string& chunk_name);

}  // namespace gvm::script
