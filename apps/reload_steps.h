#pragma once
// The steps of a reload that both modules have in common: read, compare, build. On the background
// thread.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/server_program.h"
#include "config/changes.h"
#include "config/load.h"

namespace gvm::apps {

// A configuration that is in use. `T` is LlmConfig or WebConfig.
template <class T>
struct InUse {
  std::shared_ptr<const T> config;
  std::string text;
  std::vector<Secret> secrets;              // of the file
  std::vector<config::Diagnostic> dropped;  // backends that cannot be used
};

template <class T>
class ReloadSteps {
 public:
  using Load = std::function<config::Loaded<T>(const ConfigSource&)>;
  using Build = std::function<Result<scripted::Commit>(std::shared_ptr<const T>,
                                                       const scripted::ModuleParts&)>;

  // `program` and `environment` outlive it.
  ReloadSteps(ServerProgram& program, const config::Environment& environment,
              config::ModuleKind kind, InUse<T> now, Load load, Build build)
      : program_(program),
        environment_(environment),
        kind_(kind),
        now_(std::move(now)),
        load_(std::move(load)),
        build_(std::move(build)) {}

  PreparedReload prepare(const ConfigSource& source) {
    PreparedReload prepared;
    auto loaded = load_(source);
    if (!loaded) {
      prepared.reasons = reasons_of(loaded.error(), source);
      return prepared;
    }
    prepared.warnings = std::move(loaded->warnings);
    prepared.reasons = reasons_of(newly_dropped(loaded->dropped), source);
    if (!prepared.reasons.empty()) return prepared;
    auto tls = program_.read_tls_again();
    if (!tls) {
      prepared.reasons.push_back(tls.error().to_string());
      return prepared;
    }
    prepared.warnings.insert(prepared.warnings.end(), tls->warnings.begin(), tls->warnings.end());
    config::keep_until_restart(loaded->config, *now_.config);
    InUse<T> next{std::make_shared<const T>(std::move(loaded->config)), source.text,
                  std::move(loaded->secrets), std::move(loaded->dropped)};
    const auto parts = program_.parts_for(next.config->common, with_secrets_of(now_, next));
    auto commit = build_(next.config, parts);
    if (!commit) {
      prepared.reasons.push_back(parts.redactor->redact(commit.error().to_string()));
      return prepared;
    }
    prepared.changes = changes_to(next, *parts.redactor);
    prepared.commit = [this, commit = std::move(*commit), next = std::move(next),
                       tls = std::move(*tls)]() mutable {
      commit();
      program_.use_tls(tls);
      now_ = std::move(next);
    };
    return prepared;
  }

 private:
  // A backend that serves, or is new, must not vanish without a word because its key is not there.
  std::vector<config::Diagnostic> newly_dropped(const std::vector<config::Diagnostic>& dropped) {
    std::vector<config::Diagnostic> fresh;
    for (const auto& one : dropped) {
      const bool before = std::ranges::any_of(
          now_.dropped, [&](const auto& other) { return other.key == one.key; });
      if (!before) fresh.push_back(one);
    }
    return fresh;
  }

  // Sessions of both go on for a while, and keep_until_restart() keeps some of the old ones.
  static std::vector<Secret> with_secrets_of(const InUse<T>& now, const InUse<T>& next) {
    std::vector<Secret> all = now.secrets;
    all.insert(all.end(), next.secrets.begin(), next.secrets.end());
    return all;
  }

  std::vector<config::Change> changes_to(const InUse<T>& next, const Redactor& redactor) const {
    auto found = config::changes(now_.text, next.text, kind_, environment_);
    for (auto& change : found) {
      change.before = redactor.redact(change.before);
      change.after = redactor.redact(change.after);
    }
    return found;
  }

  ServerProgram& program_;
  const config::Environment& environment_;
  config::ModuleKind kind_;
  InUse<T> now_;
  Load load_;
  Build build_;
};

}  // namespace gvm::apps
