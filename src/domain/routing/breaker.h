#pragma once
// A circuit breaker: closed -> open -> half-open with one probe at a time -> ramp -> closed. Its
// whole state is one atomic word, so any thread moves it without locks.
#include <atomic>
#include <cstdint>
#include <string_view>

#include "routing/instant.h"

namespace gvm::routing {

struct BreakerPolicy {
  unsigned consecutive_failures = 5;  // in a row open it; 0: this rule is off, at most 500
  double failure_ratio = 0.5;         // of the calls in the window opens it; 0: this rule is off
  unsigned min_calls = 20;            // in the window, before the ratio means anything
  milliseconds window{10'000};        // one to two of these are looked at
  milliseconds open_first{1'000};     // until the first probe; doubles with each failed probe
  milliseconds open_longest{30'000};  // plus up to a quarter, by candidate: probes spread out
  // While a prompt has nowhere else to go, a probe is due this long after the breaker opened.
  milliseconds outage_probe{500};
  unsigned ramp_successes = 10;  // after these, or
  milliseconds ramp{5'000};      // after this time, all traffic is back
  double ramp_start = 0.1;       // share of traffic right after the probe
};

enum class BreakerState : std::uint8_t { closed, open, half_open, ramp };
enum class Admission : std::uint8_t { refused, normal, probe };
enum class Urgency : std::uint8_t {
  normal,
  outage,      // the prompt has nowhere else to go: a probe is due earlier
  regardless,  // somebody else decided that the call is made: a probe is due at once
};
enum class Severity : std::uint8_t { failure, decisive };

// Calls and failures of the running window and the one before it, in two atomic words.
class RatioWindow {
 public:
  struct Totals {
    std::uint32_t calls;
    std::uint32_t failures;
  };
  void add(Time now, milliseconds window, std::uint32_t failures);
  Totals totals(Time now, milliseconds window) const;
  void clear();

 private:
  std::atomic<std::uint64_t> slots_[2] = {};
};

class Breaker {
 public:
  struct View {
    BreakerState state;
    bool proven;              // its last call that counted did not fail
    std::uint16_t share;      // of traffic it should get, in thousandths
    std::uint64_t probe_due;  // microseconds of the clock, when open
  };

  // Closed, and the last call that counted did not fail: nothing else need be asked.
  bool untroubled() const { return word_.load(std::memory_order_relaxed) == 0; }
  View view(Time now, const BreakerPolicy& policy, std::uint32_t salt, Urgency urgency) const;

  // Asked before a call; what it returned is handed back with the result. Whoever got a probe must
  // hand it back.
  Admission admit(Time now, const BreakerPolicy& policy, std::uint32_t salt, Urgency urgency);

  // `started` tells results of calls from before an opening apart; they no longer count.
  void succeeded(Time now, Time started, Admission admission, const BreakerPolicy& policy);
  void failed(Time now, Time started, Admission admission, Severity severity,
              const BreakerPolicy& policy);
  // It answered, but the answer says nothing about health: only a probe learns from that.
  void alive(Time now, Admission admission);
  // It asked for a pause: no failure, but not proven either until it succeeds.
  void doubt();
  // Nothing was learned: a probe is given back.
  void neutral(Admission admission);
  // Starts as `old` is; a probe under way there is due again here. Before it is shared.
  void inherit(const Breaker& old);
  // The same between processes of one machine, whose clock is the same.
  std::uint64_t word() const { return word_.load(std::memory_order_relaxed); }
  void inherit(std::uint64_t word);

 private:
  std::atomic<std::uint64_t> word_{0};
  RatioWindow window_;
};

std::string_view name_of(BreakerState state);

}  // namespace gvm::routing
