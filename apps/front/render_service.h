#pragma once
// `genvm-modules render-service`.
#include "apps/front/commands.h"

namespace gvm::apps {

Command add_render_service(CLI::App& app);

}  // namespace gvm::apps
