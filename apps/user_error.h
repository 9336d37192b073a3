#pragma once
// The mode in which a host has a module that only says that it is of no use: every request is
// answered with the UserError MODULE_USER_ERROR (manager.md, `user_error`).
#include "apps/server_program.h"

namespace gvm::apps {

// The exit code.
int serve_user_errors(ServerProgram& program);

}  // namespace gvm::apps
