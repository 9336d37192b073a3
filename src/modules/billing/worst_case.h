#pragma once
// The most that a call can cost: what is reserved for it before it is made. Immutable; shared by
// all lanes.
#include <cstdint>
#include <optional>

#include "billing/call_size.h"
#include "billing/session_facts.h"
#include "pricing/price_catalog.h"
#include "provider/call_request.h"
#include "store/budget.h"

namespace gvm::billing {

class WorstCase {
 public:
  explicit WorstCase(const config::PricesConfig& config);

  // The configured reserve where the price is not known: an unknown price is never zero. Empty:
  // more than can be reserved.
  std::optional<std::int64_t> nano_usd(const pricing::PriceCatalog& prices,
                                       const provider::Target& target, const CallSize& size) const;
  // In every unit that budgets count in. Empty: more than can be reserved in one of them.
  std::optional<store::Amounts> amounts(const pricing::PriceCatalog& prices,
                                        const provider::Target& target, const CallSize& size,
                                        const SessionFacts& facts) const;

 private:
  std::int64_t unknown_reserve_;  // nano-USD
};

}  // namespace gvm::billing
