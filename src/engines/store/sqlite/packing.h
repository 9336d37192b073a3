#pragma once
// Packs the journal's records in little-endian byte order.
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/integer.h"

namespace gvm::store::sqlite {

static_assert(std::endian::native == std::endian::little, "the journal is little-endian");

class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}

  template <class Number>
  void number(Number value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
  }
  void integer(const Integer& value) { text(value == Integer() ? "" : value.to_string()); }

 private:
  std::string& out_;
};

// Reads what Packer wrote. After a read beyond the end, every value is zero and ok() is false.
class Unpacker {
 public:
  explicit Unpacker(std::string_view in) : in_(in) {}

  template <class Number>
  Number number() {
    Number value{};
    if (!has(sizeof value)) return value;
    std::memcpy(&value, in_.data(), sizeof value);
    in_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (!has(size)) return {};
    std::string value(in_.substr(0, size));
    in_.remove_prefix(size);
    return value;
  }
  Integer integer() {
    const auto digits = text();
    if (digits.empty()) return {};
    auto value = Integer::parse(digits);
    ok_ = ok_ && value.has_value();
    return value ? std::move(*value) : Integer();
  }
  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }

 private:
  bool has(std::size_t size) {
    ok_ = ok_ && in_.size() >= size;
    return ok_;
  }

  std::string_view in_;
  bool ok_ = true;
};

// FNV-1a, 64 bits: detects damaged records, not forged ones.
inline std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace gvm::store::sqlite
