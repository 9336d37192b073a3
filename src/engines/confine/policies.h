#pragma once
// The two kinds of seccomp policy, behind policy_of().
#include "confine/system_calls.h"

namespace gvm::confine {

CallPolicy module_policy(const CallOptions& options);
// `browsers`: namespaces, mounts and other users stay possible.
CallPolicy starter_policy(bool browsers);

}  // namespace gvm::confine
