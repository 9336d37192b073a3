#pragma once
// What holds of a confinement, and what does not and why: one log line, and the reason of a refused
// start.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/value.h"

namespace gvm::confine {

enum class Mode {
  off,          // nothing is done beyond what a program always does (no core dumps)
  best_effort,  // what the machine cannot do is left out, and the log says so
  strict,       // the process does not start when a part cannot hold
};
// "strict", "best-effort" or "off".
std::optional<Mode> parse_mode(std::string_view text);
std::string_view name_of(Mode mode);

// One part of the confinement.
struct Part {
  std::string name;
  std::string missing;  // why it does not hold; empty: it holds
  std::string note;     // what is worth knowing although it holds
};

class Report {
 public:
  explicit Report(Mode mode) : mode_(mode) {}

  void holds(std::string name, std::string note = {});
  void lacks(std::string name, std::string why);

  Mode mode() const { return mode_; }
  const std::vector<Part>& parts() const { return parts_; }
  bool complete() const;
  // The fields of the log line: mode, holds, missing (with reasons), notes.
  Value to_value() const;
  // SANDBOX_INCOMPLETE when the mode is strict and a part is missing; it names each with its
  // reason.
  Result<void> check() const;

 private:
  Mode mode_;
  std::vector<Part> parts_;
};

}  // namespace gvm::confine
