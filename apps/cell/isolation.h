#pragma once
// Enters namespaces, as far as the machine allows.
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "browser/cell_protocol.h"

namespace gvm::cell {

using browser::CellLevel;
using browser::CellSpec;

// One mode of isolation. The modes are tried in order until one works.
struct Mode {
  CellLevel level = CellLevel::processes;
  bool user_namespace = false;  // for missing privileges
};
std::vector<Mode> modes(CellLevel at_most);

// The user ids outside; they cannot be read inside a user namespace.
struct Outside {
  uid_t user = 0;
  gid_t group = 0;
};

// Forks a child in the namespaces that only a new process can enter. Result as of fork(); -1 and
// errno on failure.
pid_t fork_into(const Mode& mode);

// The other steps, in that child: network, file system, user, limits. Returns what went wrong;
// empty on success. After a failure the child must end. `scratch` becomes the folder that the
// browser may write to.
std::optional<std::string> enter(const Mode& mode, const CellSpec& spec, Outside outside,
                                 std::string& scratch);

}  // namespace gvm::cell
