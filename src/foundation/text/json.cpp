#include "text/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/error_codes.h"
#include "text/json_scan.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

// Any integer with at most this many digits fits std::int64_t.
constexpr std::ptrdiff_t kI64Digits = 18;
constexpr std::size_t kEntriesAhead =
    16;  // capacity reserved at the first member, enough for most provider answers

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// One pass, recursive to a bounded depth. Members and elements of open containers are collected on
// two shared stacks, so that each container is allocated once, at its final size.
class Parser {
 public:
  Parser(std::string_view text, JsonStrings strings, const JsonLimits& limits)
      : begin_(text.data()),
        p_(text.data()),
        end_(text.data() + text.size()),
        strings_(strings),
        limits_(limits) {}

  // A value at the start, and where it ends.
  Result<JsonPrefix> prefix() {
    Value out = value(limits_.depth);
    if (error_) return fail(std::move(*error_));
    return JsonPrefix{std::move(out), static_cast<std::size_t>(p_ - begin_)};
  }

  Result<Value> document() {
    skip_space();
    Value out = value(limits_.depth);
    skip_space();
    if (!error_ && p_ != end_) refuse("the end of the text");
    if (error_) return fail(std::move(*error_));
    return out;
  }

 private:
  // Records a failure at the current position; every caller then returns up to document(). Always
  // returns false.
  bool refuse(const char* expected) {
    return refuse_at(p_, codes::kDeserializing, std::string("expected ") + expected);
  }
  bool refuse_at(const char* where, std::string_view code, std::string what) {
    auto detail = "JSON, byte " + std::to_string(where - begin_) + ": " + std::move(what);
    if (where == end_) detail += ", but the text ends";
    error_.emplace(code, Fatality::fatal, std::move(detail));
    return false;
  }
  // A failure where a Value is expected: the caller gets null and finds error_ set.
  Value refused(const char* expected) {
    refuse(expected);
    return {};
  }

  void skip_space() {
    while (p_ != end_ && is_space(*p_)) ++p_;
  }
  bool at(char c) const { return p_ != end_ && *p_ == c; }
  bool take(char c) {
    if (!at(c)) return false;
    ++p_;
    return true;
  }

  // `depth`: how many containers may still open.
  Value value(std::size_t depth) {
    if (p_ == end_) return refused("a value");
    switch (*p_) {
      case '{':
        return depth > 0 ? object(depth - 1) : too_deep();
      case '[':
        return depth > 0 ? array(depth - 1) : too_deep();
      case '"':
        return string_value();
      case 't':
        return literal("true") ? Value::boolean(true) : Value();
      case 'f':
        return literal("false") ? Value::boolean(false) : Value();
      case 'n':
        literal("null");
        return Value::null();
      default:
        return number();
    }
  }

  Value too_deep() {
    refuse_at(p_, codes::kTooDeep, "nesting over " + std::to_string(limits_.depth) + " levels");
    return {};
  }

  bool literal(std::string_view word) {
    if (!std::string_view(p_, end_).starts_with(word)) return refuse("a value");
    p_ += word.size();
    return true;
  }

  Value object(std::size_t depth) {
    const std::size_t mark = entries_.size();
    if (entries_.capacity() == 0) entries_.reserve(kEntriesAhead);
    ++p_;
    skip_space();
    if (!take('}')) {
      do {
        if (!member(depth)) return {};
      } while (take(','));
      if (!take('}')) return refused("',' or '}'");
    }
    return Value::map(pop_map(mark));
  }

  bool member(std::size_t depth) {
    skip_space();
    if (!at('"')) return refuse("a key in double quotes");
    Blob name = string();
    skip_space();
    if (error_ || !take(':')) return error_ ? false : refuse("':'");
    skip_space();
    Value item = value(depth);
    if (error_) return false;
    entries_.emplace_back(std::move(name), std::move(item));
    skip_space();
    return true;
  }

  Value array(std::size_t depth) {
    const std::size_t mark = items_.size();
    ++p_;
    skip_space();
    if (!take(']')) {
      do {
        if (!element(depth)) return {};
      } while (take(','));
      if (!take(']')) return refused("',' or ']'");
    }
    const auto first = items_.begin() + static_cast<std::ptrdiff_t>(mark);
    Value::Array out(std::make_move_iterator(first), std::make_move_iterator(items_.end()));
    items_.erase(first, items_.end());
    return Value::array(std::move(out));
  }

  bool element(std::size_t depth) {
    skip_space();
    Value item = value(depth);
    if (error_) return false;
    items_.push_back(std::move(item));
    skip_space();
    return true;
  }

  // The members since `mark`, in the order of a Map; of equal keys only the last. Small handles are
  // sorted instead of entries, so that each entry moves once.
  Value::Map pop_map(std::size_t mark) {
    order_.clear();
    for (std::size_t i = mark; i < entries_.size(); ++i) {
      order_.push_back({leading_bytes(entries_[i].first.view()), i});
    }
    std::sort(order_.begin(), order_.end(), [this](const Handle& a, const Handle& b) {
      if (a.leading != b.leading) return a.leading < b.leading;
      const int keys = key(a).compare(key(b));
      return keys != 0 ? keys < 0 : a.index < b.index;
    });
    if (limits_.duplicates == DuplicateKeys::must_agree) require_agreement();
    std::vector<Value::Map::Entry> sorted;
    sorted.reserve(order_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const bool superseded = i + 1 < order_.size() && key(order_[i]) == key(order_[i + 1]);
      if (!superseded) sorted.push_back(std::move(entries_[order_[i].index]));
    }
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(mark), entries_.end());
    return Value::Map::from_sorted(std::move(sorted));
  }

  void require_agreement() {
    for (std::size_t i = 0; i + 1 < order_.size(); ++i) {
      if (key(order_[i]) != key(order_[i + 1])) continue;
      if (entries_[order_[i].index].second == entries_[order_[i + 1].index].second) continue;
      error_.emplace(codes::kDeserializing, Fatality::fatal,
                     "JSON, byte " + std::to_string(p_ - begin_) +
                         ": two members of one name have different values");
      return;
    }
  }

  struct Handle {
    std::uint64_t leading;  // of the key, big-endian, so that most comparisons are of integers
    std::size_t index;      // into entries_
  };
  std::string_view key(const Handle& handle) const { return entries_[handle.index].first.view(); }

  static std::uint64_t leading_bytes(std::string_view key) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < sizeof sum; ++i) {
      sum = sum << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0);
    }
    return sum;
  }

  Value string_value() {
    Blob text = string();
    return error_ ? Value() : Value::string(std::move(text));
  }

  // From the opening quote to behind the closing one.
  Blob string() {
    const char* start = ++p_;
    p_ = skip_plain(p_, end_);
    if (at('"')) {
      const std::string_view plain(start, p_++);
      return strings_ == JsonStrings::borrow ? Blob::borrow(plain) : Blob::copy(plain);
    }
    std::string text(start, p_);
    if (!string_tail(text)) return {};
    return Blob(std::move(text));
  }

  // The rest of a string from its first escape on.
  bool string_tail(std::string& text) {
    while (!take('"')) {
      if (at('\\')) {
        if (!escape(text)) return false;
      } else if (p_ != end_ && limits_.faults == StringFaults::mend) {
        text += *p_++;
      } else {
        return refuse(p_ == end_ ? "'\"'" : "no raw control character in a string");
      }
      const char* start = p_;
      p_ = skip_plain(p_, end_);
      text.append(start, p_);
    }
    return true;
  }

  bool escape(std::string& text) {
    static constexpr std::string_view kNames = "\"\\/bfnrtu";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (++p_ == end_) return refuse("an escape");
    const auto which = kNames.find(*p_);
    if (which == std::string_view::npos) return refuse("an escape of JSON");
    ++p_;
    if (which == kMeanings.size()) return unicode_escape(text);
    text += kMeanings[which];
    return true;
  }

  bool unicode_escape(std::string& text) {
    const char* start = p_ - 2;
    char32_t unit = 0;
    if (!four_hex(unit)) return false;
    if (is_high_surrogate(unit)) {
      char32_t low = 0;
      const char* behind = p_;
      if (!std::string_view(p_, end_).starts_with("\\u")) return lone(text, start, behind);
      p_ += 2;
      if (!four_hex(low)) return false;
      if (!is_low_surrogate(low)) return lone(text, start, behind);
      unit = join_surrogates(unit, low);
    } else if (is_low_surrogate(unit)) {
      return lone(text, start, p_);
    }
    append_utf8(text, unit);
    return true;
  }

  // It goes on `behind` the half.
  bool lone(std::string& text, const char* where, const char* behind) {
    if (limits_.faults == StringFaults::refuse)
      return refuse_at(where, codes::kDeserializing, "an escape of half a surrogate pair");
    constexpr char32_t kReplacement = 0xfffd;
    append_utf8(text, kReplacement);
    p_ = behind;
    return true;
  }

  bool four_hex(char32_t& out) {
    for (int i = 0; i < 4; ++i, ++p_) {
      const int digit = p_ != end_ ? hex_digit(*p_) : -1;
      if (digit < 0) return refuse("four hexadecimal digits");
      out = out << 4 | static_cast<char32_t>(digit);
    }
    return true;
  }

  // RFC 8259, 6: no leading zeros, digits on both sides of the point.
  Value number() {
    const char* start = p_;
    take('-');
    const char* digits = p_;
    if (!some_digits()) return refused(p_ == start ? "a value" : "a digit");
    if (*digits == '0' && p_ - digits > 1) {
      p_ = digits + 1;
      return refused("no digit after a leading zero");
    }
    const char* integral = p_;
    if (take('.') && !some_digits()) return refused("a digit");
    if (at('e') || at('E')) {
      ++p_;
      if (at('+') || at('-')) ++p_;
      if (!some_digits()) return refused("a digit");
    }
    return p_ == integral ? integer(start, digits) : real(start);
  }

  bool some_digits() {
    const char* start = p_;
    while (p_ != end_ && is_digit(*p_)) ++p_;
    return p_ != start;
  }

  Value integer(const char* start, const char* digits) {
    if (p_ - digits <= kI64Digits) {
      std::int64_t small = 0;
      std::from_chars(start, p_, small);
      return Value::integer(small);
    }
    if (static_cast<std::size_t>(p_ - digits) > limits_.integer_digits) {
      refuse_at(start, codes::kTooLarge,
                "an integer of over " + std::to_string(limits_.integer_digits) + " digits");
      return {};
    }
    return Value::integer(*Integer::parse(std::string_view(start, p_)));
  }

  Value real(const char* start) {
    double parsed = 0;
    const auto result = std::from_chars(start, p_, parsed);
    if (result.ec == std::errc::result_out_of_range) {
      if (!rounds_to_zero(std::string_view(start, p_))) {
        refuse_at(start, codes::kDeserializing, "a number too large for a double");
        return {};
      }
      parsed = *start == '-' ? -0.0 : 0.0;
    }
    if (limits_.numbers == Numbers::exact && std::trunc(parsed) == parsed)
      return exact(start, parsed);
    return Value::real(parsed);
  }

  // `parsed` has no fraction, and is near the number that is written.
  Value exact(const char* start, double parsed) {
    constexpr double kExactIntegers = 9007199254740992.0;  // 2^53: the first that two share
    const Decimal written = decimal_of(std::string_view(start, p_));
    if (written.digits.empty()) return Value::real(parsed);
    if (written.exponent < 0) {
      refuse_at(start, codes::kDeserializing, "a number whose fraction a double cannot hold");
      return {};
    }
    if (std::abs(parsed) < kExactIntegers) return Value::real(parsed);
    // A double has 309 digits at most, so these are no more.
    std::string digits = *start == '-' ? "-" : "";
    digits.append(written.digits).append(static_cast<std::size_t>(written.exponent), '0');
    return Value::integer(*Integer::parse(digits));
  }

  struct Decimal {
    std::string digits;   // without zeros in front and behind; empty: zero
    double exponent = 0;  // the number is `digits` times ten to this
  };

  static Decimal decimal_of(std::string_view number) {
    const auto e = number.find_first_of("eE");
    const auto mantissa = number.substr(0, e);
    Decimal out;
    out.exponent = exponent_of(e == std::string_view::npos ? "" : number.substr(e + 1));
    const auto point = mantissa.find('.');
    if (point != std::string_view::npos)
      out.exponent -= static_cast<double>(mantissa.size() - point - 1);
    for (const char c : mantissa) {
      if (is_digit(c) && (c != '0' || !out.digits.empty())) out.digits += c;
    }
    const auto last = out.digits.find_last_not_of('0') + 1;  // 0: there is none
    out.exponent += static_cast<double>(out.digits.size() - last);
    out.digits.resize(last);
    return out;
  }

  // For a number outside the range of doubles: true when it is too small, false when it is too
  // large. The exponent tells, corrected by the position of the first non-zero digit; the sum is
  // hundreds away from zero in both cases.
  static bool rounds_to_zero(std::string_view number) {
    const auto e = number.find_first_of("eE");
    const auto mantissa = number.substr(0, e);
    const auto point = std::min(mantissa.find('.'), mantissa.size());
    const auto first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) return true;
    const double shift = static_cast<double>(point) - static_cast<double>(first);
    return shift + exponent_of(e == std::string_view::npos ? "" : number.substr(e + 1)) < 0;
  }

  static double exponent_of(std::string_view digits) {
    const bool negative = digits.starts_with('-');
    double sum = 0;
    for (const char c : digits) {
      if (is_digit(c)) sum = std::min(sum * 10 + (c - '0'), 1e15);
    }
    return negative ? -sum : sum;
  }

  const char* begin_;
  const char* p_;
  const char* end_;
  JsonStrings strings_;
  const JsonLimits& limits_;
  std::vector<Value::Map::Entry> entries_;
  std::vector<Value> items_;
  std::vector<Handle> order_;
  std::optional<Error> error_;
};

}  // namespace

Result<Value> parse_json(std::string_view text, JsonStrings strings, const JsonLimits& limits) {
  if (const auto bad = find_invalid_utf8(text); bad != kAllValid) {
    return fail(codes::kDeserializing, Fatality::fatal,
                "JSON, byte " + std::to_string(bad) + ": invalid UTF-8");
  }
  return Parser(text, strings, limits).document();
}

Result<JsonPrefix> parse_json_prefix(std::string_view text, const JsonLimits& limits) {
  return Parser(text, JsonStrings::copy, limits).prefix();
}

}  // namespace gvm::text
