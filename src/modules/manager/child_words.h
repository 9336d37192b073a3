#pragma once
// What the manager tells the process of a module, and what it makes of that process's words. Pure.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "manager/child.h"

namespace gvm::manager {

Value order(std::string_view what);
Value order(std::string_view what, std::string_view key, std::chrono::milliseconds span);

std::vector<std::string> last_words(const Child& child);
Value listed(const std::vector<std::string>& texts);

// Why it did not come up, with every reason that it gave: MODULE_CONFIG_REFUSED or
// MODULE_START_FAILED.
Error failure_of(const Child& child);
// MODULE_CONFIG_REFUSED, of the answer to a reload.
Error refusal_of(const Value& answer);

}  // namespace gvm::manager
