#include "calldata/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "calldata/big_integer.h"
#include "calldata/wire.h"

namespace gvm::calldata {
namespace {

// A number as encoded. Its bytes are frame[at, at + size).
struct Number {
  std::size_t at;
  std::size_t size;
};

class Decoder {
 public:
  Decoder(std::string_view frame, const Limits& limits)
      : frame_(frame), limits_(limits), max_depth_(std::min(limits.max_depth, kMaxDepth)) {}

  Result<Value> run() {
    Value root;
    if (frame_.size() > limits_.max_bytes) {
      too_large(0, fmt::format("a message of {} bytes; the limit is {}", frame_.size(),
                               limits_.max_bytes));
    } else if (value(root, 0) && at_ != frame_.size()) {
      malformed(at_, fmt::format("{} bytes after the value", remaining()));
    }
    if (error_) return std::unexpected(std::move(*error_));
    return root;
  }

 private:
  // The read functions return false when error_ is set; the caller then stops reading.

  bool value(Value& out, std::size_t depth) {
    const std::size_t start = at_;
    if (at_ == frame_.size()) return malformed(start, "a value is missing");
    const unsigned first = byte(at_);
    const auto type = static_cast<Type>(first & kTypeMask);
    if (type == Type::non_negative || type == Type::negative) return integer(out, type);
    std::uint64_t payload = 0;
    if (!head(payload, first)) return false;
    switch (type) {
      case Type::atom:
        return atom(out, payload, start);
      case Type::bytes:
        return bytes(out, payload, start);
      case Type::string:
        return string(out, payload, start);
      case Type::array:
        return array(out, payload, start, depth + 1);
      case Type::map:
        return map(out, payload, start, depth + 1);
      default:
        return malformed(start, "type 7 is reserved");
    }
  }

  bool atom(Value& out, std::uint64_t payload, std::size_t start) {
    switch (payload) {
      case static_cast<std::uint64_t>(Atom::null):
        out = Value::null();
        return true;
      case static_cast<std::uint64_t>(Atom::false_):
        out = Value::boolean(false);
        return true;
      case static_cast<std::uint64_t>(Atom::true_):
        out = Value::boolean(true);
        return true;
      case static_cast<std::uint64_t>(Atom::address):
        return address(out, start);
      default:
        return malformed(start, fmt::format("there is no atom {}", payload));
    }
  }

  bool address(Value& out, std::size_t start) {
    Address address;
    if (remaining() < address.size()) return malformed(start, "an address has 20 bytes");
    std::memcpy(address.data(), frame_.data() + at_, address.size());
    at_ += address.size();
    out = Value::address(address);
    return true;
  }

  bool bytes(Value& out, std::uint64_t length, std::size_t start) {
    std::string_view content;
    if (!take(content, length, start)) return false;
    out = Value::bytes(Blob::borrow(content));
    return true;
  }

  bool string(Value& out, std::uint64_t length, std::size_t start) {
    std::string_view content;
    if (!take_text(content, length, start)) return false;
    out = Value::string(Blob::borrow(content));
    return true;
  }

  bool array(Value& out, std::uint64_t count, std::size_t start, std::size_t depth) {
    if (!enter(count, 1, start, depth)) return false;
    Value::Array items(count);
    for (auto& item : items) {
      if (!value(item, depth)) return false;
    }
    out = Value::array(std::move(items));
    return true;
  }

  bool map(Value& out, std::uint64_t count, std::size_t start, std::size_t depth) {
    constexpr std::size_t kSmallestPair = 2;  // an empty key and an atom
    if (!enter(count, kSmallestPair, start, depth)) return false;
    std::vector<Value::Map::Entry> entries(count);
    const std::string_view* previous = nullptr;
    std::string_view keys[2];
    for (std::size_t i = 0; i < entries.size(); ++i) {
      std::string_view& key = keys[i % 2];
      if (!map_key(key, previous)) return false;
      previous = &key;
      entries[i].first = Blob::borrow(key);
      if (!value(entries[i].second, depth)) return false;
    }
    out = Value::map(Value::Map::from_sorted(std::move(entries)));
    return true;
  }

  bool map_key(std::string_view& key, const std::string_view* previous) {
    const std::size_t start = at_;
    std::uint64_t length = 0;
    if (!key_length(length) || !take_text(key, length, start)) return false;
    if (previous == nullptr || *previous < key) return true;
    return malformed(start,
                     *previous == key ? "a map key occurs twice" : "map keys are not in order");
  }

  // Checks the size that an array or map announces before anything is allocated for it. All
  // elements announced so far are added up before they are read, so that nested arrays cannot
  // exceed the limit on memory together.
  bool enter(std::uint64_t count, std::size_t smallest, std::size_t start, std::size_t depth) {
    if (depth > max_depth_) {
      return set_error(codes::kTooDeep, start, fmt::format("nested deeper than {}", max_depth_));
    }
    if (count > remaining() / smallest) return beyond(count, "elements", start);
    if (count > limits_.max_values - values_) {
      return too_large(start, fmt::format("more than {} values", limits_.max_values));
    }
    values_ += count;
    return true;
  }

  // The payload of a value whose type needs at most 64 bits.
  bool head(std::uint64_t& payload, unsigned first) {
    if (first < kMoreBit) {
      ++at_;
      payload = first >> kTypeBits;
      return true;
    }
    const auto number = number_here(limits_.max_integer_bytes);
    if (!number) return false;
    std::uint64_t rest = 0;
    if (!groups(rest, number->at + 1, number->at + number->size) || rest >> (64 - kHeadBits) != 0) {
      return malformed(number->at, "a length over 64 bits");
    }
    payload = (first >> kTypeBits & kHeadMask) | rest << kHeadBits;
    return true;
  }

  bool key_length(std::uint64_t& length) {
    const auto number = number_here(limits_.max_integer_bytes);
    if (!number) return false;
    if (groups(length, number->at, number->at + number->size)) return true;
    return malformed(number->at, "a length over 64 bits");
  }

  bool integer(Value& out, Type type) {
    const auto number = number_here(limits_.max_integer_bytes);
    if (!number) return false;
    const std::string_view digits = frame_.substr(number->at, number->size);
    out = Value::integer(read_integer(digits, type));
    return true;
  }

  // Moves over one minimal ULEB128 number.
  std::optional<Number> number_here(std::size_t max_size) {
    const std::size_t start = at_;
    std::size_t end = at_;
    const std::size_t stop = std::min(frame_.size(), at_ + max_size);
    while (end < stop && (byte(end) & kMoreBit) != 0) ++end;
    if (end == frame_.size()) {
      malformed(start, "a number is cut off");
      return std::nullopt;
    }
    if (end == stop) {
      too_large(start, fmt::format("a number of more than {} bytes", max_size));
      return std::nullopt;
    }
    if (end > start && byte(end) == 0) {
      malformed(start, "a number is not written in its shortest form");
      return std::nullopt;
    }
    at_ = end + 1;
    return Number{start, at_ - start};
  }

  // The 7-bit groups frame_[from, to) as a number; false when it has more than 64 bits.
  bool groups(std::uint64_t& number, std::size_t from, std::size_t to) const {
    number = 0;
    unsigned shift = 0;
    for (; from < to; ++from, shift += kGroupBits) {
      const std::uint64_t group = byte(from) & kGroupMask;
      if (shift >= 64 || group << shift >> shift != group) return false;
      number |= group << shift;
    }
    return true;
  }

  bool take(std::string_view& content, std::uint64_t length, std::size_t start) {
    if (length > remaining()) return beyond(length, "bytes", start);
    content = frame_.substr(at_, length);
    at_ += length;
    return true;
  }

  bool take_text(std::string_view& content, std::uint64_t length, std::size_t start) {
    if (!take(content, length, start)) return false;
    return is_valid_utf8(content) || malformed(start, "a string is not valid UTF-8");
  }

  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(frame_[at]); }
  std::size_t remaining() const { return frame_.size() - at_; }

  bool beyond(std::uint64_t announced, std::string_view what, std::size_t start) {
    return malformed(
        start, fmt::format("{} {} announced where {} bytes remain", announced, what, remaining()));
  }
  bool malformed(std::size_t offset, std::string_view what) {
    return set_error(codes::kMalformedCalldata, offset, what);
  }
  bool too_large(std::size_t offset, std::string_view what) {
    return set_error(codes::kTooLarge, offset, what);
  }

  // Always false, for the callers' return.
  bool set_error(std::string_view code, std::size_t offset, std::string_view what) {
    error_.emplace(code, Fatality::fatal, fmt::format("byte {}: {}", offset, what));
    error_->with("offset", Value::integer(Integer::from_u64(offset)));
    return false;
  }

  const std::string_view frame_;
  const Limits& limits_;
  const std::size_t max_depth_;
  std::size_t at_ = 0;      // next byte to read
  std::size_t values_ = 0;  // elements announced so far, at most limits_.max_values
  std::optional<Error> error_;
};

}  // namespace

Result<Value> decode(std::string_view frame, const Limits& limits) {
  return Decoder(frame, limits).run();
}

}  // namespace gvm::calldata
