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
  book_ = std::move(other.book_);
  held_ = std::move(other.held_);
  warnings_ = std::move(other.warnings_);
  return *this;
}

void Reservation::settle(Settlement settlement) {
  if (!check(settlement.actual)) return settle_unknown(std::move(settlement));
  const auto book = std::exchange(book_, nullptr);
  if (book == nullptr) return;
  if (over(settlement.actual, held_.worst)) settlement.flags |= flags::kOverReserved;
  book->settle(std::move(held_), std::move(settlement));
}

void Reservation::settle_unknown(Settlement settlement) {
  settlement.actual = held_.worst;
  settlement.flags |= flags::kUnknownCost;
  settle(std::move(settlement));
}

void Reservation::release() {
  if (const auto book = std::exchange(book_, nullptr)) book->release(std::move(held_));
}

}  // namespace gvm::store
