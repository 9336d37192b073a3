#pragma once
// The stable codes of the manager.
#include <string_view>

namespace gvm::codes {

// manager.md: hosts look for this word in the error.
inline constexpr std::string_view kModuleAlreadyRunning = "module_already_running";
// There is no process that could be reloaded.
inline constexpr std::string_view kModuleNotRunning = "module_not_running";
// A running module was told to reload and did not answer; it goes on with what it has.
inline constexpr std::string_view kModuleReloadFailed = "MODULE_RELOAD_FAILED";
// A module did not come up; the detail has its reasons.
inline constexpr std::string_view kModuleStartFailed = "MODULE_START_FAILED";
// The configuration that a host has sent is none.
inline constexpr std::string_view kModuleConfigRefused = "MODULE_CONFIG_REFUSED";
// A variable that a host has sent cannot be kept.
inline constexpr std::string_view kModuleVariableRefused = "MODULE_VARIABLE_REFUSED";
// Too many requests for one module wait for each other.
inline constexpr std::string_view kManagerBusy = "MANAGER_BUSY";
// The address that runs executions cannot be used or does not answer.
inline constexpr std::string_view kExecutionsFailed = "EXECUTIONS_FAILED";

}  // namespace gvm::codes
