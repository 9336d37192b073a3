#include "routing/minute_counter.h"

#include <algorithm>

namespace gvm::routing {
namespace {

constexpr unsigned kAmountBits = 37;  // the product with a minute in microseconds fits 64 bits
constexpr std::uint64_t kAmountMask = (std::uint64_t{1} << kAmountBits) - 1;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << (64 - kAmountBits)) - 1;

std::uint64_t amount_in(std::uint64_t word, std::uint64_t minute) {
  return (word >> kAmountBits) == (minute & kTagMask) ? word & kAmountMask : 0;
}

std::uint64_t word_of(std::uint64_t minute, std::uint64_t amount) {
  return (minute & kTagMask) << kAmountBits | std::min(amount, kAmountMask);
}

struct Moment {
  std::uint64_t minute;
  std::uint64_t into;  // microseconds of it that have passed
};

Moment moment_of(Time now) {
  const auto us = to_micros(now);
  return {us / MinuteCounter::kMinute, us % MinuteCounter::kMinute};
}

std::uint64_t divided_up(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

// The part of the previous minute that the sliding window still covers, rounded up.
std::uint64_t remaining(std::uint64_t before, std::uint64_t into) {
  return divided_up(before * (MinuteCounter::kMinute - into), MinuteCounter::kMinute);
}

// Microseconds of the current minute until remaining() is at most `room`: the exact inverse.
std::uint64_t fades_at(std::uint64_t before, std::uint64_t room) {
  if (before <= room) return 0;
  return divided_up((before - room) * MinuteCounter::kMinute, before);
}

}  // namespace

std::uint64_t MinuteCounter::used(Time now) const {
  const auto [minute, into] = moment_of(now);
  const auto running = minutes_[minute & 1].load(std::memory_order_relaxed);
  const auto before = minutes_[(minute + 1) & 1].load(std::memory_order_relaxed);
  return amount_in(running, minute) + remaining(amount_in(before, minute - 1), into);
}

bool MinuteCounter::try_add(Time now, std::uint64_t amount, std::uint64_t limit) {
  if (limit != 0) amount = std::min(amount, limit);
  const auto [minute, into] = moment_of(now);
  const auto before = minutes_[(minute + 1) & 1].load(std::memory_order_relaxed);
  const auto fading = remaining(amount_in(before, minute - 1), into);
  auto& slot = minutes_[minute & 1];
  auto word = slot.load(std::memory_order_relaxed);
  for (;;) {
    const auto running = amount_in(word, minute);
    if (limit != 0 && running + fading + amount > limit) return false;
    if (slot.compare_exchange_weak(word, word_of(minute, running + amount),
                                   std::memory_order_relaxed))
      return true;
  }
}

void MinuteCounter::adjust(Time now, std::int64_t difference) {
  const auto minute = moment_of(now).minute;
  auto& slot = minutes_[minute & 1];
  auto word = slot.load(std::memory_order_relaxed);
  for (;;) {
    const auto running = static_cast<std::int64_t>(amount_in(word, minute));
    const auto corrected = static_cast<std::uint64_t>(std::max<std::int64_t>(
        0, difference > 0 ? running + std::min(difference, static_cast<std::int64_t>(kAmountMask))
                          : running + difference));
    if (slot.compare_exchange_weak(word, word_of(minute, corrected), std::memory_order_relaxed))
      return;
  }
}

Duration MinuteCounter::fits_in(Time now, std::uint64_t amount, std::uint64_t limit) const {
  if (limit == 0) return Duration::zero();
  const auto room = limit - std::min(amount, limit);
  const auto [minute, into] = moment_of(now);
  const auto running = amount_in(minutes_[minute & 1].load(std::memory_order_relaxed), minute);
  const auto before =
      amount_in(minutes_[(minute + 1) & 1].load(std::memory_order_relaxed), minute - 1);
  if (running <= room) {
    const auto at = fades_at(before, room - running);
    return microseconds(at > into ? at - into : 0);
  }
  return microseconds(kMinute - into + fades_at(running, room));
}

}  // namespace gvm::routing
