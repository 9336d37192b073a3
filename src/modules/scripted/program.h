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

// How the operator's script is loaded: with our common libraries and `library`, under the
// configured limits, required to define `entries`.
script::ProgramOptions program_options(const config::CommonConfig& config, script::HostTable host,
                                       std::string_view library,
                                       std::initializer_list<std::string_view> entries);

}  // namespace gvm::scripted
