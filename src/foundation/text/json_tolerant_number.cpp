// The numbers of the tolerant grammar.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "text/json_tolerant.h"

namespace gvm::text {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

// RFC 8259, 6, after what is certain is mended: a plus sign, a missing digit before or after the
// point.
std::optional<std::string> json_number(std::string_view token) {
  std::string out;
  if (token.starts_with('-')) out += '-';
  if (token.starts_with('-') || token.starts_with('+')) token.remove_prefix(1);
  const auto digits = [&token] {
    std::size_t n = 0;
    while (n < token.size() && is_digit(token[n])) ++n;
    return std::exchange(token, token.substr(n)).substr(0, n);
  };
  const auto whole = digits();
  if (whole.size() > 1 && whole[0] == '0') return std::nullopt;
  out += whole.empty() ? "0" : whole;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    const auto fraction = digits();
    if (whole.empty() && fraction.empty()) return std::nullopt;
    out += '.';
    out += fraction.empty() ? "0" : fraction;
  } else if (whole.empty()) {
    return std::nullopt;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    out += 'e';
    token.remove_prefix(1);
    if (token.starts_with('-') || token.starts_with('+')) {
      out += token[0];
      token.remove_prefix(1);
    }
    const auto exponent = digits();
    if (exponent.empty()) return std::nullopt;
    out += exponent;
  }
  return token.empty() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

TolerantReader::Step TolerantReader::number() {
  const auto start = pos_;
  while (is_digit(peek()) || is_letter(peek()) || std::string_view("+-._%").contains(peek())) {
    ++pos_;
  }
  if (pos_ == text_.size()) {
    // The text ends after digits: the number may be incomplete, or only the closing brackets are
    // missing.
    if (is_digit(text_.back()) || text_.back() == '.')
      return refuse_at(start, "the text ends in a number");
    return Step::dropped;
  }
  const auto token = text_.substr(start, pos_ - start);
  const auto next = after_space(pos_);
  if (token.ends_with('.') && !ended_at(next) && !std::string_view(",}]").contains(text_[next])) {
    return refuse("a comma may be meant by this point");
  }
  if (token.ends_with("Infinity")) return refuse_at(start, "infinity is no JSON value");
  const auto json = json_number(token);
  if (!json) return refuse_at(start, "this is no JSON number");
  out_ += *json;
  const bool is_whole = token.find_first_not_of("-0123456789") == token.npos;
  const bool is_mended = json->size() != token.size();
  form_ = is_mended ? Form::mended : is_whole ? Form::whole : Form::other;
  return Step::done;
}

// Beside whole numbers a point or plus sign without its digit stands where a digit was: "[12, .4]".
bool TolerantReader::fits(Numbers& numbers) const {
  numbers.whole |= form_ == Form::whole;
  numbers.mended |= form_ == Form::mended;
  return !numbers.whole || !numbers.mended;
}

}  // namespace gvm::text
