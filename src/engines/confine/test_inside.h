#pragma once
// Runs code in a child process that confines itself first, as a module does, and reports what it
// could do.
#include <sys/types.h>

#include <functional>
#include <map>
#include <string>

#include "base/fd.h"
#include "confine/confine.h"

namespace gvm::confine {

// What was tried inside: name -> errno, 0 for success.
using Outcomes = std::map<std::string, int>;

class Attempts {
 public:
  explicit Attempts(int out) : out_(out) {}
  // `result` of a system call; errno counts when it is negative.
  void note(const std::string& name, long result) const;

 private:
  int out_;
};

struct Inside {
  Outcomes outcomes;
  int status = 0;  // of waitpid()
};

// `attempt` runs after `plan` was carried out. Waits for the child.
Inside run_inside(const Plan& plan, const std::function<void(const Attempts&)>& attempt);

}  // namespace gvm::confine
