#pragma once
// A call whose worst case is reserved, and how it ended. Both kinds of ledger store these.
#include <cstdint>
#include <string>
#include <vector>

#include "store/budget.h"

namespace gvm::store {

// Facts about a call for the audit table. Empty where they do not apply.
struct CallInfo {
  std::string backend = {};
  std::string model = {};
  std::string key_id = {};  // a name or a fingerprint, never the key
  std::string session = {};
  std::string node = {};
  std::string tx = {};
  std::string contract = {};
};

// A charge, and the bucket in which it was reserved. The call is charged in that bucket, however
// late it settles.
struct ReservedCharge {
  BudgetPtr budget;
  std::string scope;
  std::int64_t bucket = 0;
};

struct ReservedCall {
  std::uint64_t number = 0;
  std::int64_t made_ms = 0;
  std::uint32_t segment = 0;  // of the journal; 0: not in the journal
  Amounts worst;
  CallInfo info;
  std::vector<ReservedCharge> charges;
};

// Flags of a settled call.
namespace flags {
// Charged at its worst case, because the cost is unknown.
inline constexpr std::uint32_t kUnknownCost = 1;
inline constexpr std::uint32_t kInFlightAtCrash = 2;  // the same, because its process ended first
inline constexpr std::uint32_t kOverReserved = 4;     // it cost more than its worst case
inline constexpr std::uint32_t kUnreserved = 8;       // made while the ledger could not be written
inline constexpr std::uint32_t kLeaseExpired = 16;    // already charged by another machine
// Set by the caller:
inline constexpr std::uint32_t kUnknownPrice = 32;    // a default price was used
inline constexpr std::uint32_t kEstimatedUsage = 64;  // the provider did not report tokens
// The provider failed with a 5xx status and nothing was charged; the provider may have billed the
// call.
inline constexpr std::uint32_t kServerError = 128;
}  // namespace flags
// "unknown_cost in_flight_at_crash".
std::string flag_names(std::uint32_t flags);

struct Settlement {
  Amounts actual;
  std::string error = {};      // the kind of the failure; empty: it succeeded
  std::string record_id = {};  // of its decision record
  std::uint32_t flags = 0;
};

struct SettledCall {
  ReservedCall reserved;
  Settlement settlement;
  std::int64_t settled_ms = 0;
};

}  // namespace gvm::store
