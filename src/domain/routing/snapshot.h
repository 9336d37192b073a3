#pragma once
// The state that a ranking is made from, as whole numbers. Read from the live tables in one pass;
// small enough for a decision record, and complete enough to compute the same ranking again.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "routing/instant.h"

namespace gvm::routing {

enum class Availability : std::uint8_t {
  ready,
  ramping,   // back after a failure, with a growing share of traffic
  probe,     // one call may test whether it works again
  cooling,   // its provider asked for a pause
  open,      // its breaker is open, or a probe is under way
  key_open,  // the same for its key, which it shares with other candidates
  endpoint_open,
};
std::string_view name_of(Availability availability);

struct CandidateState {
  Availability availability = Availability::ready;
  bool no_json = false;        // learned from a failed call
  bool no_image = false;       // learned
  std::uint16_t share = 1000;  // of traffic while ramping, in thousandths
  std::uint32_t calls = 0;     // in flight
  std::uint32_t backend_calls = 0;
  std::uint32_t latency = 0;      // microseconds expected of a call; 0: unknown
  std::uint32_t requests = 0;     // of the last minute
  std::uint64_t tokens = 0;       // of the last minute
  std::uint64_t recovers_in = 0;  // microseconds, unless ready, ramping or probe

  friend bool operator==(const CandidateState&, const CandidateState&) = default;
};

using Snapshot = std::vector<CandidateState>;

// One line of ASCII: "1|l12034c2b7;;a4w1500000;", a version and the candidates in order, each with
// the fields that differ from the default and a semicolon. docs/routing.md lists the letters.
std::string to_text(const Snapshot& snapshot);
// MALFORMED_SNAPSHOT with the position of the first fault.
Result<Snapshot> parse_snapshot(std::string_view text);

}  // namespace gvm::routing
