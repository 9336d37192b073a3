#pragma once
// The charge for a call, by how it ended. docs/routing.md prints the table. Pure.
#include <cstdint>
#include <optional>

#include "config/llm_config.h"
#include "pricing/usd.h"
#include "provider/token_usage.h"
#include "routing/failover_table.h"

namespace gvm::billing {

// How a call ended, as far as its cost depends on it.
struct CallEnd {
  std::optional<routing::ErrorKind> kind;       // empty: it answered
  int status = 0;                               // of an error answer; 0: there was none
  bool sent = true;                             // some of the request may have reached the provider
  const provider::TokenUsage* usage = nullptr;  // as reported; null: nothing was
};

enum class Charge : std::uint8_t {
  nothing,
  nothing_flagged,  // nothing, though the provider may have billed a failure of its own
  reported_usage,
  worst_case,  // it may have produced an answer whose bill is not known
};
Charge charge_of(const CallEnd& end, config::ChargeServerErrors server_errors);

// What a call was charged.
struct Bill {
  std::int64_t nano_usd = 0;
  std::optional<pricing::Usd> exact;  // empty: nano_usd is all that is known
  std::uint64_t tokens = 0;
  std::uint32_t flags = 0;  // store::flags

  pricing::Usd cost() const { return exact.value_or(pricing::Usd::from_nano(nano_usd)); }
};

}  // namespace gvm::billing
