#pragma once
// The money of one call, from its reservation to its charge. On a lane; moved, never copied.
#include <memory>
#include <string>

#include "billing/call_size.h"
#include "billing/charge.h"
#include "billing/session_facts.h"
#include "pricing/price_catalog.h"
#include "store/reservation.h"

namespace gvm::billing {

// Fixed when the call is reserved.
struct PurchaseTerms {
  std::shared_ptr<const pricing::PriceCatalog> prices;  // the same at both ends of the call
  const pricing::Entry* entry = nullptr;                // in `prices`; null: no price is known
  config::Provider provider = config::Provider::openai_compatible;
  config::ChargeServerErrors server_errors = config::ChargeServerErrors::never;
  const SessionFacts* facts = nullptr;  // outlives the purchase
  CallSize size;
  store::Amounts worst;
};

// When it is destroyed before sending(), nothing is charged. When it is destroyed after sending()
// and before its end, everything reserved is charged.
class Purchase {
 public:
  Purchase(PurchaseTerms terms, store::Reservation reservation)
      : terms_(std::move(terms)), reservation_(std::move(reservation)) {}
  Purchase(Purchase&&) noexcept = default;
  Purchase& operator=(Purchase&&) = delete;
  ~Purchase();

  std::int64_t worst_nano_usd() const { return terms_.worst.nano_usd; }
  // From now on the provider may bill it.
  void sending() { sent_ = true; }
  // Once. `record_id`: of the decision record that the call belongs to.
  Bill end(const CallEnd& end, const std::string& record_id);

 private:
  Bill bill_for(const CallEnd& end) const;
  Bill worst_case() const;
  Bill bill_of(const provider::TokenUsage& usage) const;

  PurchaseTerms terms_;
  store::Reservation reservation_;  // empty: there is no ledger
  bool sent_ = false;
};

}  // namespace gvm::billing
