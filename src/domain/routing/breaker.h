#pragma once
// A circuit breaker: closed -> open -> half-open with one probe at a time -> ramp -> closed. Its
// whole state is one atomic word, so any thread moves it without locks.
#include <atomic>
#include <cstdint>
#include <string_view>

#include "routing/instant.h"

namespace gvm::routing {

struct BreakerPolicy {
  // Consecutive failures that open it; 0: this rule is off; at most 500.
  unsigned consecutive_failures = 5;
  double failure_ratio = 0.5;      // of the calls in the window opens it; 0: this rule is off
  unsigned min_calls = 20;         // calls in the window that the ratio needs
  milliseconds window{10'000};     // the ratio looks back over one to two windows
  milliseconds open_first{1'000};  // until the first probe; doubles with each failed probe
  // Plus up to a quarter, depending on the candidate, so that probes do not coincide.
  milliseconds open_longest{30'000};
  // While a prompt has no other candidate, a probe is due this long after the breaker opened.
  milliseconds outage_probe{500};
  unsigned ramp_successes = 10;  // after so many successes, or
  milliseconds ramp{5'000};      // after this time, the full traffic is back
  double ramp_start = 0.1;       // share of traffic right after the probe
};

enum class BreakerState : std::uint8_t { closed, open, half_open, ramp };
enum class Admission : std::uint8_t { refused, normal, probe };
enum class Urgency : std::uint8_t {
  normal,
  outage,      // the prompt has no other candidate: a probe is due earlier
  regardless,  // the caller makes the call in any case: a probe is due at once
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
    bool proven;              // its last call that counted succeeded
    std::uint16_t share;      // of traffic it should get, in thousandths
    std::uint64_t probe_due;  // microseconds of the clock, when open
  };

  // True when it is closed and the last call that counted succeeded; no further check is needed.
  bool untroubled() const { return word_.load(std::memory_order_relaxed) == 0; }
  View view(Time now, const BreakerPolicy& policy, std::uint32_t salt, Urgency urgency) const;

  // Asked before a call. The caller passes the returned value back with the result of the call. A
  // probe must always be passed back.
  Admission admit(Time now, const BreakerPolicy& policy, std::uint32_t salt, Urgency urgency);

  // `started` identifies results of calls that began before the breaker opened; they no longer
  // count.
  void succeeded(Time now, Time started, Admission admission, const BreakerPolicy& policy);
  void failed(Time now, Time started, Admission admission, Severity severity,
              const BreakerPolicy& policy);
  // The upstream answered, but the answer says nothing about its health: only a probe takes it as
  // success.
  void alive(Time now, Admission admission);
  // The upstream asked for a pause: not a failure, but not proven to work until a call succeeds.
  void doubt();
  // The call told nothing: a probe becomes available again.
  void neutral(Admission admission);
  // Takes over the state of `old`; a probe under way there is due again here. To be called before
  // this object is shared.
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
