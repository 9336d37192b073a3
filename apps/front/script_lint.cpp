// `genvm-modules script lint FILE`.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "apps/front/commands.h"
#include "apps/front/input.h"
#include "apps/front/script.h"
#include "apps/version.h"
#include "config/load.h"
#include "llm/handler.h"
#include "script/name_uses.h"
#include "scripted/lint.h"
#include "web/handler.h"

namespace gvm::apps {
namespace {

using config::ModuleKind;

int failed(const std::string& sentence) {
  std::fprintf(stderr, "script lint: %s\n", sentence.c_str());
  return kExitFailure;
}

bool is_webs(const script::NameUse& use) {
  if (use.path.module == "lib-web") return true;
  const auto& names = use.path.names;
  return use.kind == script::NameUse::Kind::write && use.path.is_global() && !names.empty() &&
         (names[0] == "Render" || names[0] == "Request");
}

std::optional<ModuleKind> kind_of(const ScriptOptions& options, const std::string& source) {
  if (options.module == "llm") return ModuleKind::llm;
  if (options.module == "web") return ModuleKind::web;
  if (options.config.empty()) return module_by_names(source);
  const auto kind = config::detect_kind(options.config);
  if (kind) return *kind;
  failed(kind.error().to_string());
  return std::nullopt;
}

// `loaded` is the configuration of either module, with the script in its place.
int judge(auto loaded, const ScriptOptions& options, const auto& script_options) {
  if (!loaded) {
    std::fputs(config::to_string(loaded.error()).c_str(), stderr);
    return kExitFailure;
  }
  loaded->config.common.lua_script_path = options.file;
  Result<script::ProgramOptions> with = script_options(loaded->config);
  if (!with) return failed(with.error().to_string());
  const auto findings = scripted::lint(*with);
  for (const auto& each : findings) std::fprintf(stderr, "%s\n", each.to_string().c_str());
  if (findings.empty()) {
    std::printf("%s: nothing found\n", options.file.c_str());
    return kExitOk;
  }
  for (const auto& warning : loaded->warnings) std::printf("note: %s\n", warning.c_str());
  std::fprintf(stderr, "%s: %zu mistake%s\n", options.file.c_str(), findings.size(),
               findings.size() == 1 ? "" : "s");
  return kExitFailure;
}

}  // namespace

ModuleKind module_by_names(const std::string& source) {
  const bool web = std::ranges::any_of(script::name_uses(source).uses, is_webs);
  return web ? ModuleKind::web : ModuleKind::llm;
}

int lint_script(const ScriptOptions& options) {
  const auto source = read_file(options.file);
  if (!source) return failed(source.error());
  const auto kind = kind_of(options, *source);
  if (!kind) return kExitFailure;
  const auto environment = config::Environment::of_process(kVersion);
  const std::string none = "none.yaml";
  if (*kind == ModuleKind::web) {
    auto loaded = options.config.empty() ? config::load_web_text("{}\n", none, environment)
                                         : config::load_web(options.config, environment);
    return judge(std::move(loaded), options,
                 [](const config::WebConfig& config) { return web::script_options(config); });
  }
  const config::LoadOptions empty{config::EmptyBackends::allow};
  auto loaded = options.config.empty()
                    ? config::load_llm_text("backends: {}\n", none, environment, empty)
                    : config::load_llm(options.config, environment, empty);
  return judge(std::move(loaded), options, [](const config::LlmConfig& config) {
    return Result<script::ProgramOptions>(llm::script_options(config));
  });
}

}  // namespace gvm::apps
