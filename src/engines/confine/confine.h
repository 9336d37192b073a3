#pragma once
// A process confines itself: after its start, before its first thread, for good. What the machine
// cannot do is left out and reported (docs/sandbox.md).
#include <string>
#include <string_view>
#include <vector>

#include "confine/landlock.h"
#include "confine/report.h"
#include "confine/system_calls.h"

namespace gvm::confine {

struct Plan {
  Mode mode = Mode::best_effort;
  Process process = Process::module;
  LandlockRules landlock;
  // Why the ports of outgoing connections are not limited, for the log; empty: they are.
  std::string ports_open;
  CallOptions calls;
  std::vector<std::string_view> secrets;  // locked in memory; they stay where they are
};

// Every part is tried, also after one that cannot hold. With Mode::off only core dumps are
// forbidden. Call Report::check() afterwards: a strict mode may end the start.
Report confine_self(const Plan& plan);

// A starter of other programs: its filter and no new privileges, without Landlock, under which no
// browser could make its mounts.
Report confine_starter(Mode mode, Process process);

}  // namespace gvm::confine
