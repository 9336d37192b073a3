#pragma once
// The files and ports that a configuration needs, behind sandbox.h.
#include <string>
#include <string_view>

#include "config/common_config.h"
#include "config/llm_config.h"
#include "config/operation_config.h"
#include "config/web_config.h"
#include "confine/confine.h"

namespace gvm::apps {

// Of every module: system libraries, certificates, name service, the programs' own folders, the
// configuration, scripts, data_dir (made when it is missing), and what `sandbox` adds.
void add_common_paths(confine::LandlockRules& rules, const config::CommonConfig& config,
                      const config::SandboxConfig& sandbox, const std::string& exe_dir);
void add_paths(confine::LandlockRules& rules, const config::LlmConfig& config);
void add_paths(confine::LandlockRules& rules, const config::WebConfig& config);

// Sets both lists of ports, or says in `plan.ports_open` why the ports of connections stay open.
void set_ports(confine::Plan& plan, const config::LlmConfig& config);
void set_ports(confine::Plan& plan, const config::WebConfig& config);

}  // namespace gvm::apps
