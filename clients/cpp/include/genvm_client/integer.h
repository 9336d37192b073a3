#pragma once
// An integer of any size, as calldata carries it.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace genvm {

class Integer {
 public:
  Integer() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a number is an integer.
  Integer(std::int64_t value) : negative_(value < 0) {
    set(value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value));
  }
  static Integer from_unsigned(std::uint64_t value) {
    Integer out;
    out.set(value);
    return out;
  }
  // Decimal digits with an optional minus sign; std::invalid_argument for anything else.
  static Integer parse(std::string_view text);
  // `limbs`: the magnitude in base 2^32, least significant first.
  static Integer from_limbs(std::vector<std::uint32_t> limbs, bool negative) {
    Integer out;
    out.limbs_ = std::move(limbs);
    out.trim();
    out.negative_ = negative && !out.limbs_.empty();
    return out;
  }

  bool is_negative() const { return negative_; }
  bool is_zero() const { return limbs_.empty(); }
  const std::vector<std::uint32_t>& limbs() const { return limbs_; }
  // Of the magnitude.
  std::size_t bit_length() const {
    if (limbs_.empty()) return 0;
    std::size_t bits = (limbs_.size() - 1) * 32;
    for (std::uint32_t top = limbs_.back(); top != 0; top >>= 1) ++bits;
    return bits;
  }
  // Empty when the value does not fit.
  std::optional<std::int64_t> to_int64() const {
    if (limbs_.size() > 2) return std::nullopt;
    std::uint64_t magnitude = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) magnitude = magnitude << 32 | limbs_[i];
    const std::uint64_t limit = (std::uint64_t{1} << 63) - (negative_ ? 0 : 1);
    if (magnitude > limit) return std::nullopt;
    return static_cast<std::int64_t>(negative_ ? ~magnitude + 1 : magnitude);
  }
  std::string to_string() const;

  friend bool operator==(const Integer& a, const Integer& b) {
    return a.negative_ == b.negative_ && a.limbs_ == b.limbs_;
  }
  friend bool operator!=(const Integer& a, const Integer& b) { return !(a == b); }

 private:
  static constexpr std::uint32_t kChunk = 1'000'000'000;  // nine decimal digits
  static constexpr std::size_t kChunkDigits = 9;

  void set(std::uint64_t magnitude) {
    limbs_ = {static_cast<std::uint32_t>(magnitude), static_cast<std::uint32_t>(magnitude >> 32)};
    trim();
  }
  void trim() {
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  }

  std::vector<std::uint32_t> limbs_;
  bool negative_ = false;
};

inline Integer Integer::parse(std::string_view text) {
  Integer out;
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) throw std::invalid_argument("an integer has digits");
  while (!text.empty()) {
    // The first chunk takes what the others leave over.
    const std::size_t digits = (text.size() - 1) % kChunkDigits + 1;
    std::uint64_t carry = 0;
    std::uint64_t factor = 1;
    for (const char c : text.substr(0, digits)) {
      if (c < '0' || c > '9') throw std::invalid_argument("an integer has decimal digits only");
      carry = carry * 10 + static_cast<unsigned>(c - '0');
      factor *= 10;
    }
    for (auto& limb : out.limbs_) {
      carry += factor * limb;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) out.limbs_.push_back(static_cast<std::uint32_t>(carry));
    text.remove_prefix(digits);
  }
  out.trim();
  out.negative_ = negative && !out.limbs_.empty();
  return out;
}

inline std::string Integer::to_string() const {
  if (limbs_.empty()) return "0";
  std::string out;
  std::vector<std::uint32_t> rest = limbs_;
  while (!rest.empty()) {
    std::uint64_t remainder = 0;
    for (std::size_t i = rest.size(); i-- > 0;) {
      remainder = remainder << 32 | rest[i];
      rest[i] = static_cast<std::uint32_t>(remainder / kChunk);
      remainder %= kChunk;
    }
    while (!rest.empty() && rest.back() == 0) rest.pop_back();
    for (std::size_t digit = 0; digit < kChunkDigits; ++digit) {
      if (rest.empty() && remainder == 0) break;
      out += static_cast<char>('0' + remainder % 10);
      remainder /= 10;
    }
  }
  if (negative_) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace genvm
