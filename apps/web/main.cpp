// genvm-web: the web module's server. So far the shared ground only: it reads and checks the
// configuration. Requests and rendering are not part of this version, and it says so instead of
// listening.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <string>

#include "apps/process.h"
#include "apps/version.h"
#include "config/load.h"

int main(int argc, char** argv) {
  using namespace gvm;
  CLI::App app("GenVM's web module", "genvm-web");
  app.set_version_flag("--version", apps::kVersionLine);
  std::string config;
  bool die_with_parent = false;
  app.add_option("--config", config,
                 "the YAML file; default ${exeDir}/../config/genvm-module-web.yaml");
  app.add_flag("--die-with-parent", die_with_parent, "end when the parent process goes");
  CLI11_PARSE(app, argc, argv);

  apps::hide_from_core_dumps();
  const auto environment = config::Environment::of_process(apps::kVersion);
  if (config.empty()) config = environment.exe_dir + "/../config/genvm-module-web.yaml";
  auto loaded = config::load_web(config, environment);
  if (!loaded) {
    for (const auto& diagnostic : loaded.error())
      std::fprintf(stderr, "%s\n", diagnostic.to_string().c_str());
    return 1;
  }
  std::fprintf(stderr,
               "genvm-web: %s is valid, but version %s has no web requests and no rendering yet: "
               "nothing is served\n",
               config.c_str(), apps::kVersion);
  return 1;
}
