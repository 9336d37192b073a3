#include "billing/charge.h"

namespace gvm::billing {
namespace {

constexpr int kFirstServerError = 500;

// An error status is considered before the kind, because with it the provider itself reports a
// failure.
routing::Charge rule_for(const CallEnd& end) {
  if (end.status >= kFirstServerError) return routing::Charge::server_error;
  if (end.status != 0) return routing::Charge::nothing;
  return end.kind ? routing::rule_of(*end.kind).charge : routing::Charge::worst_case;
}

}  // namespace

Charge charge_of(const CallEnd& end, config::ChargeServerErrors server_errors) {
  if (!end.sent) return Charge::nothing;
  if (end.usage != nullptr) return Charge::reported_usage;
  switch (rule_for(end)) {
    case routing::Charge::nothing:
      return Charge::nothing;
    case routing::Charge::worst_case:
      return Charge::worst_case;
    case routing::Charge::server_error:
      return server_errors == config::ChargeServerErrors::worst_case ? Charge::worst_case
                                                                     : Charge::nothing_flagged;
  }
  return Charge::worst_case;
}

}  // namespace gvm::billing
