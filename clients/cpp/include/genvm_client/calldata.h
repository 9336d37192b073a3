#pragma once
// The codec of the wire. Decoding is strict, so encode(decode(b)) == b for whatever decodes.
#include <cstdint>
#include <string>
#include <string_view>

#include "genvm_client/error.h"
#include "genvm_client/utf8.h"
#include "genvm_client/value.h"

namespace genvm::calldata {

inline constexpr std::size_t kMaxDepth = 128;  // nested arrays and maps, as in the modules

// What one message may cost. CalldataError when it is exceeded, before anything is allocated for
// it.
struct Limits {
  std::size_t max_bytes = std::size_t{64} << 20;          // the whole message
  std::size_t max_values = 1'000'000;                     // elements of all arrays and maps
  std::size_t max_integer_bytes = std::size_t{64} << 10;  // one integer as encoded
};

namespace detail {

enum class Type : unsigned { atom, non_negative, negative, bytes, string, array, map };
inline constexpr unsigned kTypeBits = 3;

// The magnitude after `skipped` low bits of a ULEB128 number.
inline std::vector<std::uint32_t> unpack(std::string_view number, unsigned skipped) {
  std::vector<std::uint32_t> limbs;
  limbs.reserve(number.size() * 7 / 32 + 1);
  std::uint64_t bits = (static_cast<unsigned char>(number.front()) & 0x7F) >> skipped;
  unsigned held = 7 - skipped;
  for (const char c : number.substr(1)) {
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(c) & 0x7F) << held;
    held += 7;
    if (held < 32) continue;
    limbs.push_back(static_cast<std::uint32_t>(bits));
    bits >>= 32;
    held -= 32;
  }
  limbs.push_back(static_cast<std::uint32_t>(bits));
  return limbs;
}

class Decoder {
 public:
  Decoder(std::string_view frame, const Limits& limits) : frame_(frame), limits_(limits) {}

  Value run() {
    if (frame_.size() > limits_.max_bytes) fail("a message over the limit", 0);
    Value value = this->value(0);
    if (at_ != frame_.size()) fail("bytes after the value", at_);
    return value;
  }

 private:
  [[noreturn]] static void fail(const char* what, std::size_t at) { throw CalldataError(what, at); }
  std::size_t remaining() const { return frame_.size() - at_; }
  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(frame_[at]); }

  Value value(std::size_t depth) {
    const std::size_t start = at_;
    const std::string_view number = this->number("a value is missing");
    const unsigned type = static_cast<unsigned char>(number.front()) & 7;
    switch (static_cast<Type>(type)) {
      case Type::non_negative:
        return Value::integer(Integer::from_limbs(unpack(number, kTypeBits), false));
      case Type::negative:
        return Value::integer(minus_one_minus(unpack(number, kTypeBits)));
      case Type::atom:
        return atom(length(number, kTypeBits, start), start);
      case Type::bytes:
        return Value::bytes(std::string(take(length(number, kTypeBits, start), start)));
      case Type::string:
        return Value::string(text(length(number, kTypeBits, start), start));
      case Type::array:
        return array(length(number, kTypeBits, start), start, depth + 1);
      case Type::map:
        return map(length(number, kTypeBits, start), start, depth + 1);
    }
    fail("type 7 is reserved", start);
  }

  static Integer minus_one_minus(std::vector<std::uint32_t> limbs) {
    std::size_t i = 0;
    while (i < limbs.size() && ++limbs[i] == 0) ++i;
    if (i == limbs.size()) limbs.push_back(1);
    return Integer::from_limbs(std::move(limbs), true);
  }

  Value atom(std::uint64_t payload, std::size_t start) {
    if (payload == 0) return {};
    if (payload <= 2) return Value::boolean(payload == 2);
    if (payload != 3) fail("there is no such atom", start);
    Address address;
    if (remaining() < address.size()) fail("an address has 20 bytes", start);
    for (auto& out : address) out = static_cast<unsigned char>(frame_[at_++]);
    return Value::address(address);
  }

  Value array(std::uint64_t count, std::size_t start, std::size_t depth) {
    enter(count, 1, start, depth);
    Value::Array items;
    items.reserve(static_cast<std::size_t>(count));
    for (; count > 0; --count) items.push_back(value(depth));
    return Value::array(std::move(items));
  }

  Value map(std::uint64_t count, std::size_t start, std::size_t depth) {
    enter(count, 2, start, depth);
    Value::Map fields;
    const std::string* previous = nullptr;
    for (; count > 0; --count) {
      const std::size_t at = at_;
      std::string key = text(length(number("a number is cut off"), 0, at), at);
      if (previous != nullptr && key <= *previous)
        fail(key == *previous ? "a map key occurs twice" : "map keys are not in order", at);
      const auto added = fields.emplace_hint(fields.end(), std::move(key), Value());
      previous = &added->first;
      added->second = value(depth);
    }
    return Value::map(std::move(fields));
  }

  void enter(std::uint64_t count, std::size_t smallest, std::size_t start, std::size_t depth) {
    if (depth > kMaxDepth) fail("nested too deeply", start);
    if (count > remaining() / smallest) fail("more elements announced than bytes remain", start);
    // Added up before they are read, so that nested arrays cannot exceed the limit together.
    if (count > limits_.max_values - values_) fail("too many values", start);
    values_ += static_cast<std::size_t>(count);
  }

  // Moves over one minimal ULEB128 number.
  std::string_view number(const char* when_empty) {
    const std::size_t start = at_;
    if (remaining() == 0) fail(when_empty, start);
    const std::size_t stop = start + std::min(remaining(), limits_.max_integer_bytes);
    std::size_t end = start;
    while (end < stop && (byte(end) & 0x80) != 0) ++end;
    if (end == frame_.size()) fail("a number is cut off", start);
    if (end == stop) fail("a number is too long", start);
    if (byte(end) == 0 && end > start) fail("a number is not in its shortest form", start);
    at_ = end + 1;
    return frame_.substr(start, at_ - start);
  }

  static std::uint64_t length(std::string_view number, unsigned skipped, std::size_t start) {
    const Integer wide = Integer::from_limbs(unpack(number, skipped), false);
    if (wide.bit_length() > 64) fail("a length over 64 bits", start);
    std::uint64_t out = 0;
    for (std::size_t i = wide.limbs().size(); i-- > 0;) out = out << 32 | wide.limbs()[i];
    return out;
  }

  std::string_view take(std::uint64_t size, std::size_t start) {
    if (size > remaining()) fail("more bytes announced than remain", start);
    at_ += static_cast<std::size_t>(size);
    return frame_.substr(at_ - static_cast<std::size_t>(size), static_cast<std::size_t>(size));
  }

  std::string text(std::uint64_t size, std::size_t start) {
    const std::string_view raw = take(size, start);
    if (!is_utf8(raw)) fail("a text is no UTF-8", start);
    return std::string(raw);
  }

  std::string_view frame_;
  Limits limits_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

class Encoder {
 public:
  std::string run(const Value& value) && {
    write(value, 0);
    return std::move(out_);
  }

 private:
  void write(const Value& value, std::size_t depth) {
    if (value.is_null()) return head(Type::atom, 0);
    if (value.is_bool()) return head(Type::atom, value.as_bool() ? 2 : 1);
    if (value.is_integer()) return integer(value.as_integer());
    if (value.is_string()) return text(value.as_string());
    if (value.is_bytes()) return sized(Type::bytes, value.as_bytes());
    if (value.is_address()) {
      head(Type::atom, 3);
      for (const unsigned char c : value.as_address()) out_ += static_cast<char>(c);
      return;
    }
    if (depth + 1 > kMaxDepth) throw CalldataError("nested too deeply", out_.size());
    if (value.is_array()) return array(value.as_array(), depth + 1);
    map(value.as_map(), depth + 1);
  }

  void array(const Value::Array& items, std::size_t depth) {
    head(Type::array, items.size());
    for (const auto& item : items) write(item, depth);
  }

  void map(const Value::Map& fields, std::size_t depth) {
    head(Type::map, fields.size());
    for (const auto& [key, item] : fields) {
      check_text(key);
      number(key.size(), 0, 0);
      out_ += key;
      write(item, depth);
    }
  }

  void check_text(const std::string& text) const {
    if (!is_utf8(text)) throw CalldataError("a text is no UTF-8", out_.size());
  }

  void text(const std::string& text) {
    check_text(text);
    sized(Type::string, text);
  }

  void sized(Type type, const std::string& content) {
    head(type, content.size());
    out_ += content;
  }

  void head(Type type, std::uint64_t payload) {
    number(payload, kTypeBits, static_cast<unsigned>(type));
  }

  // `low`: the value of the first `low_bits` bits.
  void number(std::uint64_t payload, unsigned low_bits, unsigned low) {
    unsigned first = low | (static_cast<unsigned>(payload << low_bits) & 0x7F);
    payload >>= 7 - low_bits;
    while (payload != 0) {
      out_ += static_cast<char>(first | 0x80);
      first = static_cast<unsigned>(payload & 0x7F);
      payload >>= 7;
    }
    out_ += static_cast<char>(first);
  }

  void integer(const Integer& value) {
    std::vector<std::uint32_t> limbs = value.limbs();
    if (value.is_negative()) {  // the payload is the magnitude less one
      std::size_t i = 0;
      while (limbs[i]-- == 0) ++i;
    }
    const Integer payload = Integer::from_limbs(std::move(limbs), false);
    const auto type =
        static_cast<unsigned>(value.is_negative() ? Type::negative : Type::non_negative);
    std::uint64_t bits = type;
    unsigned held = kTypeBits;
    std::size_t left = (payload.bit_length() + kTypeBits + 6) / 7;
    if (left == 0) left = 1;
    for (std::size_t i = 0; left > 0; --left) {
      if (held < 7) {
        const std::uint64_t limb = i < payload.limbs().size() ? payload.limbs()[i++] : 0;
        bits |= limb << held;
        held += 32;
      }
      out_ += static_cast<char>((bits & 0x7F) | (left > 1 ? 0x80 : 0));
      bits >>= 7;
      held -= 7;
    }
  }

  std::string out_;
};

}  // namespace detail

// The value of a message. CalldataError names the byte at fault: not canonical, cut off, over a
// limit, or followed by more.
inline Value decode(std::string_view frame, const Limits& limits = {}) {
  return detail::Decoder(frame, limits).run();
}

// The one form of a value. CalldataError for texts that are no UTF-8 and for nesting over
// kMaxDepth.
inline std::string encode(const Value& value) {
  return detail::Encoder().run(value);
}

}  // namespace genvm::calldata
