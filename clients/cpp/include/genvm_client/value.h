#pragma once
// A value of calldata: null, boolean, integer, bytes, string, address, array or map. No floats.
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "genvm_client/integer.h"

namespace genvm {

using Address = std::array<unsigned char, 20>;

class Value {
 public:
  using Array = std::vector<Value>;
  // std::string compares by unsigned bytes, which is the order of keys on the wire.
  using Map = std::map<std::string, Value, std::less<>>;
  struct Bytes {
    std::string content;
    friend bool operator==(const Bytes& a, const Bytes& b) { return a.content == b.content; }
  };

  Value() = default;  // null
  static Value boolean(bool value) { return Value(Content(value)); }
  static Value integer(Integer value) { return Value(Content(std::move(value))); }
  static Value string(std::string utf8) { return Value(Content(std::move(utf8))); }
  static Value bytes(std::string content) { return Value(Content(Bytes{std::move(content)})); }
  static Value address(const Address& value) { return Value(Content(value)); }
  static Value array(Array items = {}) { return Value(Content(std::move(items))); }
  static Value map(Map fields = {}) { return Value(Content(std::move(fields))); }

  bool is_null() const { return is<std::monostate>(); }
  bool is_bool() const { return is<bool>(); }
  bool is_integer() const { return is<Integer>(); }
  bool is_string() const { return is<std::string>(); }
  bool is_bytes() const { return is<Bytes>(); }
  bool is_address() const { return is<Address>(); }
  bool is_array() const { return is<Array>(); }
  bool is_map() const { return is<Map>(); }

  // std::bad_variant_access when the value is of another kind.
  bool as_bool() const { return std::get<bool>(content_); }
  const Integer& as_integer() const { return std::get<Integer>(content_); }
  const std::string& as_string() const { return std::get<std::string>(content_); }
  const std::string& as_bytes() const { return std::get<Bytes>(content_).content; }
  const Address& as_address() const { return std::get<Address>(content_); }
  const Array& as_array() const { return std::get<Array>(content_); }
  const Map& as_map() const { return std::get<Map>(content_); }

  // The field of a map; null when there is none, or this is no map.
  const Value* find(std::string_view key) const {
    const auto* fields = std::get_if<Map>(&content_);
    if (fields == nullptr) return nullptr;
    const auto at = fields->find(key);
    return at == fields->end() ? nullptr : &at->second;
  }

  friend bool operator==(const Value& a, const Value& b) { return a.content_ == b.content_; }
  friend bool operator!=(const Value& a, const Value& b) { return !(a == b); }

 private:
  using Content =
      std::variant<std::monostate, bool, Integer, std::string, Bytes, Address, Array, Map>;
  explicit Value(Content content) : content_(std::move(content)) {}
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(content_);
  }

  Content content_;
};

}  // namespace genvm
