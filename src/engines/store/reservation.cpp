#include "store/reservation.h"

#include <utility>

namespace gvm::store {
namespace {

bool over(const Amounts& actual, const Amounts& worst) {
  return actual.nano_usd > worst.nano_usd || actual.tokens > worst.tokens ||
         actual.requests > worst.requests || actual.gen > worst.gen;
}

}  // namespace

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  release();
  sink_ = std::move(other.sink_);
  reserved_ = std::move(other.reserved_);
  warnings_ = std::move(other.warnings_);
  return *this;
}

void Reservation::settle(Settlement settlement) {
  if (!check(settlement.actual)) return settle_unknown(std::move(settlement));
  const auto sink = std::exchange(sink_, nullptr);
  if (sink == nullptr) return;
  if (over(settlement.actual, reserved_.worst)) settlement.flags |= flags::kOverReserved;
  sink->settle(std::move(reserved_), std::move(settlement));
}

void Reservation::settle_unknown(Settlement settlement) {
  settlement.actual = reserved_.worst;
  settlement.flags |= flags::kUnknownCost;
  settle(std::move(settlement));
}

void Reservation::release() {
  if (const auto sink = std::exchange(sink_, nullptr)) sink->release(std::move(reserved_));
}

}  // namespace gvm::store
