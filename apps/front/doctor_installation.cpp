// `genvm-modules doctor --genvm-root DIR`: looks at an existing installation and says what would
// change if these programs took the place of the ones there. Reads files, starts nothing.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "apps/front/commands.h"
#include "apps/front/doctor.h"
#include "apps/version.h"

namespace gvm::apps {
namespace {

namespace fs = std::filesystem;

class Installation {
 public:
  explicit Installation(fs::path root) : root_(std::move(root)) {}

  int look() {
    std::error_code failed;
    const auto found = fs::canonical(root_, failed);
    if (failed) {
      std::fprintf(stderr, "%s: %s\n", root_.c_str(), failed.message().c_str());
      return kExitFailure;
    }
    root_ = found;
    // As programs in its bin would see it.
    environment_ = config::Environment::of_process(kVersion);
    environment_.genvm_root = root_.string();
    environment_.exe_dir = (root_ / "bin").string();
    programs();
    executors();
    field_manager();
    llm();
    web();
    std::printf("\n%s\n", faults_ == 0 ? "The modules would start here."
                                       : "Something must be changed first: see \"error\" above.");
    return faults_ == 0 ? kExitOk : kExitFailure;
  }

 private:
  static void title(const char* text) { std::printf("\n%s\n", text); }
  static void say(const char* kind, const std::string& text) {
    std::printf("  %-8s %s\n", kind, text.c_str());
  }
  void wrong(const std::string& text) {
    ++faults_;
    say("error", text);
  }

  void programs() const {
    title("bin");
    const auto front = root_ / "bin" / "genvm-modules";
    if (!fs::exists(front)) {
      say("note",
          "there is no bin/genvm-modules: hosts of GenVM 0.1 start the modules by their "
          "own programs");
      return;
    }
    const bool ours = fs::exists(root_ / "bin" / "genvm-llm");
    say(ours ? "same" : "change", ours ? "bin/genvm-modules is of these modules already"
                                       : "replace bin/genvm-modules, and put genvm-llm, genvm-web "
                                         "and genvm-browser-cell beside it");
  }

  void executors() const {
    title("executors");
    const auto folder = root_ / "executor";
    std::error_code failed;
    std::size_t found = 0;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
      if (!entry.is_directory()) continue;
      ++found;
      say("found", "executor/" + entry.path().filename().string());
    }
    if (found == 0) return say("note", "none below executor/");
    say("note",
        "to run executions, keep the old manager on another port and pass "
        "--executions http://127.0.0.1:PORT to this one (docs/manager.md)");
  }

  // Of generations B and C.
  void field_manager() const {
    if (!fs::exists(root_ / "config" / "genvm-manager.yaml")) return;
    title("config/genvm-manager.yaml");
    say("note",
        "it is about executors: the old manager reads it, this one does not "
        "(`--config` is taken and ignored)");
  }

  // Libraries beside the operator's scripts come before those that ship.
  static void libraries(std::string_view lua_path) {
    while (!lua_path.empty()) {
      const auto pattern = lua_path.substr(0, lua_path.find(';'));
      lua_path.remove_prefix(std::min(lua_path.size(), pattern.size() + 1));
      const fs::path folder = fs::path(pattern.substr(0, pattern.find('?'))).parent_path();
      const bool there = fs::exists(folder);
      say(there ? "same" : "note",
          "lua_path " + std::string(pattern) +
              (there ? " is searched before the libraries that ship"
                     : ": there is no such folder, so the libraries that ship are used"));
    }
  }

  template <class Loaded>
  bool report(const Loaded& loaded) {
    if (!loaded) {
      for (const auto& fault : loaded.error()) wrong(fault.to_string());
      return false;
    }
    for (const auto& warning : loaded->warnings) say("warning", warning);
    return true;
  }

  void common(const config::CommonConfig& config) {
    say("listens", config.bind_address.empty() ? "a Unix socket that the manager chooses"
                                               : config.bind_address);
    if (fs::exists(config.lua_script_path))
      say("script", config.lua_script_path);
    else
      wrong("lua_script_path: there is no " + config.lua_script_path);
    libraries(config.lua_path);
    if (!fs::exists(config.data_dir))
      say("note", "data_dir " + config.data_dir + " is made at the first start");
    if (!config.signer_url.empty()) say("same", "requests are signed by signer_url");
  }

  void llm() {
    title("config/genvm-module-llm.yaml");
    const auto file = root_ / "config" / "genvm-module-llm.yaml";
    if (!fs::exists(file)) return say("note", "there is none: the LLM module cannot start by it");
    // Keys are in the environment of the service, hardly in this one.
    const auto loaded =
        config::load_llm(file.string(), environment_, {config::EmptyBackends::allow_missing_keys});
    if (!report(loaded)) return;
    common(loaded->config.common);
    for (const auto& backend : loaded->config.backends)
      say("backend", backend.name + " at " + backend.host + ", " +
                         std::to_string(backend.models.size()) + " model(s)");
    if (loaded->config.backends.empty())
      say("warning",
          "no backend is left with this environment: start with "
          "allow_empty_backends, or set the keys");
    say("better",
        "running prompts survive a restart; failover, budgets and a ledger can be "
        "configured (docs/routing.md, docs/ledger.md)");
  }

  void web() {
    title("config/genvm-module-web.yaml");
    const auto file = root_ / "config" / "genvm-module-web.yaml";
    if (!fs::exists(file)) return say("note", "there is none: the web module cannot start by it");
    const auto loaded = config::load_web(file.string(), environment_);
    if (!report(loaded)) return;
    common(loaded->config.common);
    const auto& host = loaded->config.webdriver_host;
    if (loaded->config.asks_itself())
      say("better", "pages are rendered by the module's own, confined browsers, and offered at " +
                        host + " as scripts of the field ask for them");
    else if (host.empty())
      say("differs",
          "pages are rendered by browsers of the module's own: Chromium must be "
          "installed (docs/browser-isolation.md)");
    else
      say("same", "pages are rendered at webdriver_host " + host +
                      "; without the key the module's own, confined browsers are used, and with "
                      "render_service they answer there");
  }

  fs::path root_;
  config::Environment environment_;
  int faults_ = 0;
};

}  // namespace

int examine_installation(const std::string& root) {
  return Installation(root).look();
}

}  // namespace gvm::apps
