#pragma once
// `audit` and `forget`; see commands.h.
#include "apps/front/commands.h"

namespace gvm::apps {

Command add_audit(CLI::App& app);
Command add_forget(CLI::App& app);

}  // namespace gvm::apps
