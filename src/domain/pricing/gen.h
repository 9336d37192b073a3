#pragma once
// Converts dollars to gen, the unit in which a host pays for a call. Exact rationals; pure.
#include <string_view>

#include "base/error.h"
#include "base/integer.h"
#include "money/rational.h"
#include "pricing/usd.h"

namespace gvm::pricing {

// Gen per USD, positive.
class GenRate {
 public:
  // Errors of the three functions: BAD_GEN_RATE.
  static Result<GenRate> make(money::Rational gen_per_usd);
  // "1000", "0.25", "1/3".
  static Result<GenRate> parse(std::string_view gen_per_usd);
  // From the host's gas_data.genPerTimeUnit and the number of time units that a dollar buys.
  static Result<GenRate> from_time_units(std::string_view gen_per_time_unit,
                                         std::string_view time_units_per_usd);

  const money::Rational& gen_per_usd() const { return gen_per_usd_; }

 private:
  explicit GenRate(money::Rational gen_per_usd) : gen_per_usd_(std::move(gen_per_usd)) {}
  money::Rational gen_per_usd_;
};

// Not rounded: the number that scripts calculate with.
money::Rational gen_of(const Usd& cost, const GenRate& rate);
// Rounded up, so that a call with a cost never consumes zero gen. TOO_LARGE from 2^256 on: the
// answer to GenVM has no room for more.
Result<Integer> consumed_gen(const Usd& cost, const GenRate& rate);

}  // namespace gvm::pricing
