#pragma once
// The seccomp policies of the processes.
#include <string>

#include "confine/bpf.h"

namespace gvm::confine {

enum class Process {
  module,           // genvm-llm, genvm-web: threads, files, sockets; no new program, no new process
  ledger_keeper,    // the same
  starter,          // starts the ledger's keeper: everything but what only attackers want
  browser_starter,  // starts browsers, which need namespaces, mounts and other users inside them
};

struct CallOptions {
  // The leak checker of a sanitized build stops its process from a child: needs ptrace and more.
  bool leak_checker = false;
  bool signals_to_others = false;  // of a module: it ends browsers
};

CallPolicy policy_of(Process process, const CallOptions& options = {});

// For all threads of this process and whatever they start. Needs no_new_privileges or
// CAP_SYS_ADMIN. Empty: it holds; else why not.
std::string filter_calls(const CallPolicy& policy);

}  // namespace gvm::confine
