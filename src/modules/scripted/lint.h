#pragma once
// Finds what a script does by accident: functions of the host that do not exist, what the sandbox
// lacks, globals that nobody defines or that a function makes, entry points that are missing.
#include <string>
#include <vector>

#include "script/script.h"

namespace gvm::scripted {

struct LintFinding {
  std::string file;
  int line = 0;  // from 1; 0: the file as a whole
  std::string message;

  std::string to_string() const;  // "FILE:LINE: message"
};

// Judges the script of `options` and the modules of the operator's own that it requires. What its
// top level does is bounded as at a start. Sorted by file and line; no finding twice.
std::vector<LintFinding> lint(const script::ProgramOptions& options);

}  // namespace gvm::scripted
