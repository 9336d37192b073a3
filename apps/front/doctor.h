#pragma once
// The two ways of `genvm-modules doctor`.
#include <string>
#include <vector>

#include "apps/front/findings.h"
#include "config/load.h"

namespace gvm::apps {

// Looks at an installation of the field's modules, and prints what would change if these programs
// took the place of the ones there. Reads files, starts nothing. The exit code.
int examine_installation(const std::string& root);

struct MachineQuestions {
  std::vector<std::string>
      configs;           // files of either module; empty: where an installation has them
  bool offline = false;  // asks no host
  bool json = false;
};
// Says whether the modules can do their work here with these configurations: files, keys, folders,
// limits, hosts, clock, browser. Prints the findings. The exit code.
int examine_machine(const MachineQuestions& questions);

// Parts of it.
void look_at_limits(Findings& findings);
// Folders the module writes to: rights and free space.
void look_at_folder(Findings& findings, const std::string& key, const std::string& path);
// Asks each host once, and compares the clock with what the answers say. Waits 10 s at most.
void look_at_hosts(Findings& findings, const config::LlmConfig& config);
void look_at_driver(Findings& findings, const std::string& url);
// Starts a browser as the module does, and ends it. Waits for browser.start_timeout at most.
void look_at_browser(Findings& findings, const config::WebConfig& config);

}  // namespace gvm::apps
