#pragma once
// The last warnings and errors that this process has logged, for its status page.
#include <string>
#include <vector>

namespace gvm::log {

// At most 100 lines, the newest last: JSON objects as in the log, redacted as there. Thread safe.
std::vector<std::string> recent_problems();

// Called by the logger for each line of level warn or error. `line` is at most 8 KiB long.
void keep_problem(std::string line);

}  // namespace gvm::log
