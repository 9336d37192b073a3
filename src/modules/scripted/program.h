#pragma once
// Compiles the script that a module's configuration names.
#include <initializer_list>
#include <string_view>

#include "base/error.h"
#include "config/common_config.h"
#include "host/functions.h"
#include "script/script.h"

namespace gvm::scripted {

// What the common host functions of a module need to know.
host::CommonOptions common_options(const config::CommonConfig& config);

// The operator's script with our common libraries and `library`, required to define `entries`.
// Errors: INVALID_CONFIG naming file and line.
Result<std::shared_ptr<const script::Program>> load_program(
    const config::CommonConfig& config, script::HostTable host, std::string_view library,
    std::initializer_list<std::string_view> entries);

}  // namespace gvm::scripted
