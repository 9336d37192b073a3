#pragma once
// The worst case of a call, held in all its budgets until the call has ended. Whoever makes the
// call owns it; destroyed without an end, it releases: nothing was spent. Ending it never blocks
// and never fails: what cannot be stored at once is queued and kept within the ledger's bounds.
#include <memory>
#include <string>
#include <vector>

#include "store/excess.h"
#include "store/held.h"

namespace gvm::store {

class Reservation {
 public:
  // Who keeps the accounts. Outlives its reservations by being shared with them.
  class Book {
   public:
    virtual ~Book() = default;
    virtual void settle(Held held, Settlement settlement) noexcept = 0;
    virtual void release(Held held) noexcept = 0;
    virtual std::string id_of(std::uint64_t number) const = 0;
  };

  Reservation() = default;
  Reservation(std::shared_ptr<Book> book, Held held, std::vector<Excess> warnings)
      : book_(std::move(book)), held_(std::move(held)), warnings_(std::move(warnings)) {}
  Reservation(Reservation&& other) noexcept = default;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation() { release(); }

  // Not ended yet.
  explicit operator bool() const { return book_ != nullptr; }
  // The same in the audit table; empty once ended.
  std::string id() const { return book_ == nullptr ? std::string() : book_->id_of(held_.number); }
  const Amounts& worst() const { return held_.worst; }
  // Budgets that warn and did not have room.
  const std::vector<Excess>& warnings() const { return warnings_; }

  // The call is over and this is its cost; the rest of the reservation is free again. Amounts that
  // are invalid charge the whole reservation, flagged.
  void settle(Settlement settlement);
  // The call may have been made, its bill is unknown: the whole reservation is charged, flagged.
  void settle_unknown(Settlement settlement);
  // No call was made.
  void release();

 private:
  std::shared_ptr<Book> book_;
  Held held_;
  std::vector<Excess> warnings_;
};

}  // namespace gvm::store
