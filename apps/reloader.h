#pragma once
// Changes the configuration of the running module: all of it, or nothing. Asked by SIGHUP, by
// `genvm-modules reload` and by the manager; one reload after the other.
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/background.h"
#include "apps/config_source.h"
#include "base/log.h"
#include "base/value.h"
#include "config/changes.h"

namespace gvm::apps {

// A configuration that was read, checked and built, and is not in use yet.
struct PreparedReload {
  std::vector<std::string> reasons;  // why it is refused, "file:line:column: ..."; empty: it is not
  std::vector<std::string> warnings;
  std::vector<config::Change> changes;
  std::function<void()> commit;  // puts it into use
};

struct ReloadAnswer {
  bool taken = false;  // of a diff: it would be
  std::vector<std::string> reasons;
  std::vector<std::string> changes;  // a line each
  std::vector<std::string> restart;  // keys that changed and take effect at the next start
  std::vector<std::string> warnings;

  // {"result": "reloaded" | "refused", reasons, changes, restart, warnings}, lists cut so that all
  // is at most 32 KiB as JSON.
  Value to_value() const;
};

class Reloader {
 public:
  // On the background thread.
  using Prepare = std::function<PreparedReload(const ConfigSource& next)>;
  using Done = std::function<void(ReloadAnswer)>;
  enum class What { reload, diff };

  static constexpr int kMostWaiting = 16;

  // `background` outlives it. `running`: what the module was started with; a file is read again at
  // every reload.
  Reloader(Background& background, ConfigSource running, log::Logger logger, Prepare prepare);

  // Any thread. `text`: in place of what the module was started with. `done` runs on the background
  // thread, or at once when too many wait.
  void ask(What what, std::optional<std::string> text, Done done);
  // SIGHUP. One that comes while another waits is the same one.
  void hang_up();

 private:
  ReloadAnswer run(What what, std::optional<std::string> text);
  std::optional<ConfigSource> read(std::optional<std::string> text, ReloadAnswer& answer) const;
  void log(What what, const ReloadAnswer& answer) const;

  Background& background_;
  ConfigSource running_;  // on the background thread
  log::Logger logger_;
  Prepare prepare_;
  std::atomic<int> waiting_{0};
  std::atomic<bool> hung_up_{false};
};

}  // namespace gvm::apps
