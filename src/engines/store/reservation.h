#pragma once
// The worst case of a call, reserved in all its budgets until the call has ended. Owned by whoever
// makes the call. Ending it never blocks and never fails: the ledger queues what it cannot store at
// once. A reservation that is destroyed before its end is released, as if nothing was spent.
#include <memory>
#include <string>
#include <vector>

#include "store/excess.h"
#include "store/reserved_call.h"

namespace gvm::store {

class Reservation {
 public:
  // Receives the end of a call. Reservations share it, so it outlives them.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void settle(ReservedCall reserved, Settlement settlement) noexcept = 0;
    virtual void release(ReservedCall reserved) noexcept = 0;
    virtual std::string id_of(std::uint64_t number) const = 0;
  };

  Reservation() = default;
  Reservation(std::shared_ptr<Sink> sink, ReservedCall reserved, std::vector<Excess> warnings)
      : sink_(std::move(sink)), reserved_(std::move(reserved)), warnings_(std::move(warnings)) {}
  Reservation(Reservation&& other) noexcept = default;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation() { release(); }

  // True until it has ended.
  explicit operator bool() const { return sink_ != nullptr; }
  // The call's id in the audit table; empty once ended.
  std::string id() const {
    return sink_ == nullptr ? std::string() : sink_->id_of(reserved_.number);
  }
  const Amounts& worst() const { return reserved_.worst; }
  // Warn-only budgets in which the call did not fit.
  const std::vector<Excess>& warnings() const { return warnings_; }

  // The call has ended and this is its cost; the rest of the reservation is free again. For invalid
  // amounts the whole reservation is charged and flagged.
  void settle(Settlement settlement);
  // The call may have been made and its cost is unknown: the whole reservation is charged and
  // flagged.
  void settle_unknown(Settlement settlement);
  // No call was made, so nothing is charged.
  void release();

 private:
  std::shared_ptr<Sink> sink_;
  ReservedCall reserved_;
  std::vector<Excess> warnings_;
};

}  // namespace gvm::store
