#include "billing/purchase.h"

#include <algorithm>

#include "pricing/cost.h"

namespace gvm::billing {
namespace {

std::int64_t clamp_tokens(std::uint64_t tokens) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(tokens, static_cast<std::uint64_t>(store::Amounts::kMost)));
}

Bill flagged(std::uint32_t flags) {
  Bill bill;
  bill.flags = flags;
  return bill;
}

}  // namespace

Purchase::~Purchase() {
  if (sent_ && reservation_) reservation_.settle_unknown({.actual = {}, .error = "cancelled"});
}

Bill Purchase::end(const CallEnd& end, const std::string& record_id) {
  if (!end.sent) {
    reservation_.release();
    return {};
  }
  const Bill bill = bill_for(end);
  store::Settlement settlement;
  settlement.error = end.kind ? std::string(routing::name_of(*end.kind)) : "";
  settlement.record_id = record_id;
  settlement.actual = {.nano_usd = bill.nano_usd,
                       .tokens = clamp_tokens(bill.tokens),
                       .requests = 1,
                       .gen = terms_.facts->gen_for(bill.cost()).value_or(terms_.worst.gen)};
  settlement.flags = bill.flags;
  reservation_.settle(std::move(settlement));
  return bill;
}

Bill Purchase::bill_for(const CallEnd& end) const {
  switch (charge_of(end, terms_.server_errors)) {
    case Charge::nothing:
      return {};
    case Charge::nothing_flagged:
      return flagged(store::flags::kServerError);
    case Charge::reported_usage:
      return bill_of(*end.usage);
    case Charge::worst_case:
      break;
  }
  return worst_case();
}

Bill Purchase::worst_case() const {
  Bill bill = flagged(store::flags::kUnknownCost);
  bill.nano_usd = terms_.worst.nano_usd;
  bill.tokens = terms_.size.tokens();
  return bill;
}

Bill Purchase::bill_of(const provider::TokenUsage& reported) const {
  const auto& size = terms_.size;
  const pricing::CallBounds bounds{.prompt_tokens = size.prompt_tokens,
                                   .output_tokens = size.answer_tokens,
                                   .images = size.images};
  const auto usage = pricing::read_usage(reported.raw_usage, terms_.provider, bounds);
  Bill bill;
  bill.tokens = usage.known ? usage.prompt_tokens() + usage.output_tokens() : size.tokens();
  if (!usage.known) bill.flags |= store::flags::kEstimatedUsage;
  std::expected<pricing::Cost, pricing::Unknown> cost = std::unexpected(pricing::Unknown::no_entry);
  if (terms_.entry != nullptr) cost = pricing::cost(usage, *terms_.entry);
  if (cost) {
    bill.nano_usd = cost->nano_usd;
    bill.exact = cost->exact;
    return bill;
  }
  bill.nano_usd = terms_.worst.nano_usd;
  bill.flags |= store::flags::kUnknownCost;
  if (terms_.entry == nullptr) bill.flags |= store::flags::kUnknownPrice;
  return bill;
}

}  // namespace gvm::billing
