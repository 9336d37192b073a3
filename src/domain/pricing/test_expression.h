#pragma once
// The arithmetic of a test row, "(9992 * 1.25 + 128 * 0.20) / 1000000", exactly: sums, products,
// quotients and parentheses of decimals. For tests; throws std::invalid_argument on anything else.
#include <stdexcept>
#include <string_view>

#include "money/rational.h"

namespace gvm::pricing {

class TestExpression {
 public:
  static money::Rational value(std::string_view text) {
    TestExpression expression(text);
    auto out = expression.sum();
    if (!expression.rest_.empty()) throw std::invalid_argument("trailing text");
    return out;
  }

 private:
  explicit TestExpression(std::string_view text) : rest_(text) { space(); }

  void space() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    space();
    return true;
  }

  money::Rational sum() {
    auto out = product();
    while (take('+')) out = out + product();
    return out;
  }

  money::Rational product() {
    auto out = factor();
    for (;;) {
      if (take('*')) {
        out = out * factor();
      } else if (take('/')) {
        out = out.divided_by(factor()).value();
      } else {
        return out;
      }
    }
  }

  money::Rational factor() {
    if (take('(')) {
      auto out = sum();
      if (!take(')')) throw std::invalid_argument("no closing parenthesis");
      return out;
    }
    const auto digits = rest_.substr(0, rest_.find_first_not_of("0123456789."));
    const auto number = money::Rational::parse(digits);
    if (!number) throw std::invalid_argument("no number");
    rest_.remove_prefix(digits.size());
    space();
    return *number;
  }

  std::string_view rest_;
};

}  // namespace gvm::pricing
