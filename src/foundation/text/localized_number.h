#pragma once
// Numbers as people write them in a stated language: 1,234.50 or 1.234,50 or 1 234,50. Tables of
// our own rather than ICU's, whose data change between versions: every validator must read the
// same.
#include <optional>
#include <string>
#include <string_view>

namespace gvm::text {

struct NumberFormat {
  enum class Grouping { thousands, indian };  // 1,234,567 or 12,34,567

  std::string_view separators;  // characters that may part groups, in UTF-8
  char32_t decimal = U'.';
  Grouping grouping = Grouping::thousands;

  // By a language tag: "en", "de-CH", "hi"; case does not matter, `_` counts as `-`. Empty when the
  // language is not known here.
  static std::optional<NumberFormat> of_language(std::string_view tag);
};

// The one number in `text` as a JSON number without exponent ("-1234.50"): digits of any script,
// a sign before it, a currency or unit around it. Empty when there is none, or more than one, or
// its groups are not where the format has them.
std::optional<std::string> read_number(std::string_view text, const NumberFormat& format);

}  // namespace gvm::text
