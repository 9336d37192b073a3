#pragma once
// Where running modules can be asked for a reload: one Unix socket a process, NAME-PID.sock in a
// folder that only its user can enter.
//
// A connection carries one request, a line {"do": "reload" | "diff"}, and one answer, a line as of
// ReloadAnswer::to_value().
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace gvm::apps {

// The first of $RUNTIME_DIRECTORY (set by systemd), else $XDG_RUNTIME_DIR/genvm-modules, else
// /tmp/genvm-modules-UID.
std::string control_folder();
// Makes it when it is absent. Empty when nobody else can enter it; else what is wrong.
std::string prepare_control_folder(const std::string& folder);
std::string control_path(const std::string& folder, std::string_view name, int pid);

struct ControlPlace {
  std::string path;
  std::string module;  // "llm" or "web"
  int pid = 0;
};
// The sockets in `folder`, by path. Those that killed processes have left behind are removed.
std::vector<ControlPlace> control_places(const std::string& folder);
// Connected to it, without blocking; empty when nobody listens there.
Fd connect_to(const ControlPlace& place);

}  // namespace gvm::apps
