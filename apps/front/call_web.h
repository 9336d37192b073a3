#pragma once
// `genvm-modules call URL request` and `... render`: the web module's requests.
#include <CLI/App.hpp>

#include "apps/front/call_runner.h"
#include "apps/front/commands.h"

namespace gvm::apps {

struct WebCall {
  CLI::App* command = nullptr;
  Command run;
};

// Both fill in `plan`, which outlives them.
WebCall add_call_request(CLI::App& call, CallPlan& plan);
WebCall add_call_render(CLI::App& call, CallPlan& plan);

}  // namespace gvm::apps
