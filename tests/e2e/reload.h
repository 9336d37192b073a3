#pragma once
// A module that is reloaded while it runs, by the tools and by signals.
#include <string>
#include <utility>
#include <vector>

#include "e2e/module.h"

namespace gvm::e2e {

// The module's control socket is in a folder of the test's own.
class Reloaded {
 public:
  explicit Reloaded(ModuleOptions options) : options_(with_place(std::move(options))) {}

  Module& module() { return module_; }
  std::uint16_t port() const { return module_.port(); }
  ModuleOptions& options() { return options_; }
  std::string config_path() const { return module_.folder().file("config.yaml"); }
  void write_text(std::string_view text) { (void)module_.folder().write("config.yaml", text); }
  // Writes the configuration with these options, without a reload.
  void write() { (void)write_config(module_.folder(), options_); }

  test::Finished tool(std::string command, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{program("genvm-modules"), std::move(command), "--folder",
                                   place_.file("genvm-modules")};
    words.insert(words.end(), more.begin(), more.end());
    return test::run_program(std::move(words), {}, 240s);
  }
  test::Finished reload() const { return tool("reload"); }
  test::Finished diff() const { return tool("diff"); }

 private:
  ModuleOptions with_place(ModuleOptions options) const {
    options.environment.push_back("XDG_RUNTIME_DIR=" + place_.file(""));
    options.environment.emplace_back("RUNTIME_DIRECTORY=");
    return options;
  }

  TempFolder place_;
  ModuleOptions options_;
  Module module_{options_};
};

}  // namespace gvm::e2e
