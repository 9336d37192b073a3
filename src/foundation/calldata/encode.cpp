#include "calldata/encode.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "calldata/big_integer.h"
#include "calldata/wire.h"

namespace gvm::calldata {
namespace {

// Long enough for the shortest text of any double: sign, 17 digits, point, exponent of five
// characters.
struct RealText {
  char data[32];
  std::size_t size;

  explicit RealText(double value)
      : size(std::to_chars(data, data + sizeof data, value).ptr - data) {}
};

// First pass: checks the value and adds up its size, so that the second pass can write into a
// buffer of exactly that size without further checks.
class Sizer {
 public:
  bool value(const Value& v, std::size_t depth) {
    switch (v.kind()) {
      case Value::Kind::null:
      case Value::Kind::boolean:
        return add(1);
      case Value::Kind::integer:
        return add(integer_size(*v.as_integer()));
      case Value::Kind::real:
        return real(*v.as_real());
      case Value::Kind::bytes:
        return add_block(v.as_bytes()->size());
      case Value::Kind::string:
        return string(*v.as_string());
      case Value::Kind::address:
        return add(1 + sizeof(Address));
      case Value::Kind::array:
        return array(*v.as_array(), depth + 1);
      case Value::Kind::map:
        return map(*v.as_map(), depth + 1);
    }
    return false;
  }

  std::size_t size() const { return size_; }
  Error error() const { return Error(code_, Fatality::fatal, std::string(detail_)); }

 private:
  bool real(double real) {
    if (!std::isfinite(real))
      return refuse(codes::kMalformedCalldata, "NaN and infinities have no calldata form");
    if (const auto integral = Integer::from_integral(real)) return add(integer_size(*integral));
    return add_block(RealText(real).size);
  }

  bool string(std::string_view text) {
    if (!is_valid_utf8(text))
      return refuse(codes::kMalformedCalldata, "a string is not valid UTF-8");
    return add_block(text.size());
  }

  bool array(const Value::Array& items, std::size_t depth) {
    if (depth > kMaxDepth) return refuse_depth();
    add(head_size(items.size()));
    for (const auto& item : items) {
      if (!value(item, depth)) return false;
    }
    return true;
  }

  bool map(const Value::Map& entries, std::size_t depth) {
    if (depth > kMaxDepth) return refuse_depth();
    add(head_size(entries.size()));
    for (const auto& [key, item] : entries) {
      const std::string_view text = key.view();
      if (!is_valid_utf8(text))
        return refuse(codes::kMalformedCalldata, "a map key is not valid UTF-8");
      add(number_size(text.size()) + text.size());
      if (!value(item, depth)) return false;
    }
    return true;
  }

  bool add(std::size_t bytes) {
    size_ += bytes;
    return true;
  }
  bool add_block(std::size_t length) { return add(head_size(length) + length); }

  bool refuse_depth() { return refuse(codes::kTooDeep, "a value is nested too deep for calldata"); }
  bool refuse(std::string_view code, std::string_view detail) {
    code_ = code;
    detail_ = detail;
    return false;
  }

  std::size_t size_ = 0;
  std::string_view code_;
  std::string_view detail_;
};

char* write_raw(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

char* write_block(char* to, Type type, std::string_view bytes) {
  return write_raw(write_head(to, type, bytes.size()), bytes);
}

char* write_atom(char* to, Atom atom) {
  return write_head(to, Type::atom, static_cast<std::uint64_t>(atom));
}

char* write_real(char* to, double real) {
  if (const auto integral = Integer::from_integral(real)) return write_integer(to, *integral);
  const RealText text(real);
  return write_block(to, Type::string, {text.data, text.size});
}

// Second pass; the Sizer has accepted `v`.
char* write_value(char* to, const Value& v) {
  switch (v.kind()) {
    case Value::Kind::null:
      return write_atom(to, Atom::null);
    case Value::Kind::boolean:
      return write_atom(to, *v.as_bool() ? Atom::true_ : Atom::false_);
    case Value::Kind::integer:
      return write_integer(to, *v.as_integer());
    case Value::Kind::real:
      return write_real(to, *v.as_real());
    case Value::Kind::bytes:
      return write_block(to, Type::bytes, *v.as_bytes());
    case Value::Kind::string:
      return write_block(to, Type::string, *v.as_string());
    case Value::Kind::address: {
      const Address& address = *v.as_address();
      return write_raw(write_atom(to, Atom::address),
                       {reinterpret_cast<const char*>(address.data()), address.size()});
    }
    case Value::Kind::array: {
      to = write_head(to, Type::array, v.as_array()->size());
      for (const auto& item : *v.as_array()) to = write_value(to, item);
      return to;
    }
    case Value::Kind::map: {
      to = write_head(to, Type::map, v.as_map()->size());
      for (const auto& [key, item] : *v.as_map()) {
        to = write_raw(write_number(to, key.view().size()), key.view());
        to = write_value(to, item);
      }
      return to;
    }
  }
  return to;
}

}  // namespace

Result<void> encode_to(std::string& out, const Value& value) {
  Sizer sizer;
  if (!sizer.value(value, 0)) return std::unexpected(sizer.error());
  const std::size_t start = out.size();
  const std::size_t end = start + sizer.size();
  out.resize_and_overwrite(end, [&](char* data, std::size_t) {
    return static_cast<std::size_t>(write_value(data + start, value) - data);
  });
  return {};
}

Result<std::string> encode(const Value& value) {
  std::string out;
  const auto done = encode_to(out, value);
  if (!done) return std::unexpected(done.error());
  return out;
}

}  // namespace gvm::calldata
