#pragma once
// Into namespaces of one's own, as far as the machine allows.
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "browser/cell_protocol.h"

namespace gvm::cell {

using browser::CellLevel;
using browser::CellSpec;

// One way of isolating, tried in this order until one works.
struct Mode {
  CellLevel level = CellLevel::processes;
  bool user_namespace = false;  // for lack of privilege
};
std::vector<Mode> modes(CellLevel at_most);

// Who this is before it is in a user namespace, where it cannot tell.
struct Outside {
  uid_t user = 0;
  gid_t group = 0;
};

// A child in the namespaces that only a new process can be in. As fork(); -1 and errno.
pid_t fork_into(const Mode& mode);

// The rest, in that child: network, file system, user, limits. What went wrong, if anything; the
// child must end then. `scratch` becomes the folder the browser may write to.
std::optional<std::string> enter(const Mode& mode, const CellSpec& spec, Outside outside,
                                 std::string& scratch);

}  // namespace gvm::cell
