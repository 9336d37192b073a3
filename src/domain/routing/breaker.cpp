#include "routing/breaker.h"

#include <algorithm>
#include <array>

#include "routing/random.h"

namespace gvm::routing {
namespace {

// state: 2 bits, trips: 5 bits, count: 9 bits, time: 48 bits.
// count is failures in a row when closed, successes when ramping; trips is how often it opened
// without closing in between; time is when it opened, or when the ramp began.
constexpr std::uint64_t kMaxTrips = 31;
constexpr std::uint64_t kMaxCount = 511;

struct Fields {
  BreakerState state;
  std::uint64_t trips;
  std::uint64_t count;
  std::uint64_t time;
};

Fields unpack(std::uint64_t word) {
  return {static_cast<BreakerState>(word & 3), (word >> 2) & kMaxTrips, (word >> 7) & kMaxCount,
          word >> 16};
}

std::uint64_t pack(const Fields& f) {
  return f.time << 16 | std::min(f.count, kMaxCount) << 7 | std::min(f.trips, kMaxTrips) << 2 |
         static_cast<std::uint64_t>(f.state);
}

std::uint64_t probe_due(const Fields& f, const BreakerPolicy& policy, std::uint32_t salt,
                        Urgency urgency) {
  if (urgency == Urgency::regardless) return f.time;
  const auto doublings = std::min<std::uint64_t>(f.trips > 0 ? f.trips - 1 : 0, 20);
  const auto span =
      std::min(to_micros(policy.open_first) << doublings, to_micros(policy.open_longest));
  const auto jitter = draw_at(salt, f.trips) % (span / 4 + 1);
  const auto due = f.time + span + jitter;
  return urgency == Urgency::normal ? due : std::min(due, f.time + to_micros(policy.outage_probe));
}

std::uint16_t ramp_share(const Fields& f, std::uint64_t now, const BreakerPolicy& policy) {
  const auto part = [](std::uint64_t done, std::uint64_t all) {
    return all == 0 || done >= all ? 1.0 : static_cast<double>(done) / static_cast<double>(all);
  };
  const double progress = std::max(part(f.count, policy.ramp_successes),
                                   part(now > f.time ? now - f.time : 0, to_micros(policy.ramp)));
  const double share = policy.ramp_start + (1 - policy.ramp_start) * progress;
  return static_cast<std::uint16_t>(std::clamp(share, 0.0, 1.0) * 1000);
}

// window: 20 bits, calls: 22 bits, failures: 22 bits
constexpr unsigned kCallBits = 22;
constexpr std::uint64_t kCallMask = (std::uint64_t{1} << kCallBits) - 1;
constexpr std::uint64_t kWindowMask = (std::uint64_t{1} << 20) - 1;

std::uint64_t window_number(Time now, milliseconds window) {
  return to_micros(now) / std::max<std::uint64_t>(1, to_micros(window));
}

RatioWindow::Totals in_window(std::uint64_t word, std::uint64_t number) {
  if (word >> (2 * kCallBits) != (number & kWindowMask)) return {0, 0};
  return {static_cast<std::uint32_t>(word >> kCallBits & kCallMask),
          static_cast<std::uint32_t>(word & kCallMask)};
}

}  // namespace

void RatioWindow::add(Time now, milliseconds window, std::uint32_t failures) {
  const auto number = window_number(now, window);
  auto& slot = slots_[number & 1];
  auto word = slot.load(std::memory_order_relaxed);
  for (;;) {
    const auto old = in_window(word, number);
    if (old.calls >= kCallMask) return;
    const auto next = (number & kWindowMask) << (2 * kCallBits) |
                      std::uint64_t{old.calls + 1} << kCallBits | (old.failures + failures);
    if (slot.compare_exchange_weak(word, next, std::memory_order_relaxed)) return;
  }
}

RatioWindow::Totals RatioWindow::totals(Time now, milliseconds window) const {
  const auto number = window_number(now, window);
  const auto running = in_window(slots_[number & 1].load(std::memory_order_relaxed), number);
  const auto before =
      in_window(slots_[(number + 1) & 1].load(std::memory_order_relaxed), number - 1);
  return {running.calls + before.calls, running.failures + before.failures};
}

void RatioWindow::clear() {
  for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
}

Breaker::View Breaker::view(Time now, const BreakerPolicy& policy, std::uint32_t salt,
                            Urgency urgency) const {
  const auto f = unpack(word_.load(std::memory_order_relaxed));
  switch (f.state) {
    case BreakerState::closed:
      return {f.state, f.count == 0, 1000, 0};
    case BreakerState::ramp:
      return {f.state, true, ramp_share(f, to_micros(now), policy), 0};
    default:
      return {f.state, false, 0, probe_due(f, policy, salt, urgency)};
  }
}

Admission Breaker::admit(Time now, const BreakerPolicy& policy, std::uint32_t salt,
                         Urgency urgency) {
  auto word = word_.load(std::memory_order_relaxed);
  for (;;) {
    auto f = unpack(word);
    if (f.state == BreakerState::closed || f.state == BreakerState::ramp) return Admission::normal;
    if (f.state == BreakerState::half_open) return Admission::refused;
    if (to_micros(now) < probe_due(f, policy, salt, urgency)) return Admission::refused;
    f.state = BreakerState::half_open;
    if (word_.compare_exchange_weak(word, pack(f), std::memory_order_relaxed))
      return Admission::probe;
  }
}

void Breaker::succeeded(Time now, Time started, Admission admission, const BreakerPolicy& policy) {
  window_.add(now, policy.window, 0);
  auto word = word_.load(std::memory_order_relaxed);
  for (;;) {
    auto f = unpack(word);
    if (f.state == BreakerState::open) return;
    if (f.state == BreakerState::closed && f.count == 0) return;
    if (f.state == BreakerState::half_open) {
      if (admission != Admission::probe) return;
      f = {BreakerState::ramp, f.trips, 0, to_micros(now)};
    } else if (f.state == BreakerState::closed) {
      f.count = 0;
    } else {
      if (to_micros(started) < f.time) return;
      f.count += 1;
      if (ramp_share(f, to_micros(now), policy) >= 1000) f = {BreakerState::closed, 0, 0, 0};
    }
    if (word_.compare_exchange_weak(word, pack(f), std::memory_order_relaxed)) return;
  }
}

void Breaker::failed(Time now, Time started, Admission admission, Severity severity,
                     const BreakerPolicy& policy) {
  auto word = word_.load(std::memory_order_relaxed);
  if (unpack(word).state == BreakerState::closed) window_.add(now, policy.window, 1);
  for (;;) {
    auto f = unpack(word);
    if (f.state == BreakerState::open) return;
    if (f.state == BreakerState::half_open && admission != Admission::probe) return;
    if (f.state == BreakerState::ramp && to_micros(started) < f.time) return;
    const bool ramp_is_over =
        f.state == BreakerState::ramp && ramp_share(f, to_micros(now), policy) >= 1000;
    if (ramp_is_over) f = {BreakerState::closed, 0, 0, 0};
    auto next = Fields{BreakerState::open, f.trips + 1, 0, to_micros(now)};
    if (f.state == BreakerState::closed && severity == Severity::failure) {
      const auto row = f.count + 1;
      const auto seen = window_.totals(now, policy.window);
      const bool in_a_row = policy.consecutive_failures > 0 && row >= policy.consecutive_failures;
      const bool too_many = policy.failure_ratio > 0 && seen.calls >= policy.min_calls &&
                            seen.failures >= policy.failure_ratio * seen.calls;
      if (!in_a_row && !too_many) next = {BreakerState::closed, f.trips, row, 0};
    }
    if (!word_.compare_exchange_weak(word, pack(next), std::memory_order_relaxed)) continue;
    // Failures from before must not open the breaker again right after it has closed.
    if (next.state == BreakerState::open) window_.clear();
    return;
  }
}

void Breaker::alive(Time now, Admission admission) {
  if (admission != Admission::probe) return;
  auto f = unpack(word_.load(std::memory_order_relaxed));
  f = {BreakerState::ramp, f.trips, 0, to_micros(now)};
  word_.store(pack(f), std::memory_order_relaxed);  // only the holder of the probe leaves half_open
}

void Breaker::doubt() {
  auto word = word_.load(std::memory_order_relaxed);
  const std::uint64_t doubted = pack({BreakerState::closed, 0, 1, 0});
  while (word == 0 && !word_.compare_exchange_weak(word, doubted, std::memory_order_relaxed)) {
  }
}

void Breaker::neutral(Admission admission) {
  if (admission != Admission::probe) return;
  auto f = unpack(word_.load(std::memory_order_relaxed));
  f.state = BreakerState::open;
  word_.store(pack(f), std::memory_order_relaxed);  // only the holder of the probe leaves half_open
}

void Breaker::inherit(const Breaker& old) {
  inherit(old.word());
}

void Breaker::inherit(std::uint64_t word) {
  auto f = unpack(word);
  if (f.state == BreakerState::half_open) f.state = BreakerState::open;
  word_.store(pack(f), std::memory_order_relaxed);
}

std::string_view name_of(BreakerState state) {
  constexpr std::array<std::string_view, 4> kNames = {"closed", "open", "half-open", "ramp"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace gvm::routing
