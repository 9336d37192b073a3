#pragma once
// The one dynamic value of the system: what calldata carries, what JSON says, what passes between
// C++ and Lua, and the context of an error. A value type without thread affinity.
//
// Strings and bytes are either owned or *borrowed* (views into a frame or a Lua string that the
// holder keeps alive). Moving keeps a borrowed view; copying always makes an owned copy, so a copy
// is safe to keep.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/integer.h"

namespace gvm {

// Deepest nesting that any decoder (calldata, JSON, Lua) builds. It bounds the depth of every
// recursion over a Value.
inline constexpr std::size_t kMaxDepth = 128;

using Address = std::array<std::uint8_t, 20>;

// Owned or borrowed bytes, 24 bytes large.
class Blob {
 public:
  Blob() = default;
  // Moves a large string in; copies a small one.
  explicit Blob(std::string owned);
  static Blob copy(std::string_view bytes);
  static Blob borrow(std::string_view bytes) { return Blob(bytes.data(), bytes.size(), 0); }
  Blob(const Blob& other) : Blob(copy(other.view())) {}
  Blob& operator=(const Blob& other);
  Blob(Blob&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        owner_(std::exchange(other.owner_, 0)) {}
  Blob& operator=(Blob&& other) noexcept {
    if (this != &other) {
      release();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
      owner_ = std::exchange(other.owner_, 0);
    }
    return *this;
  }
  ~Blob() { release(); }

  std::string_view view() const { return {data_, size_}; }
  bool is_borrowed() const { return owner_ == 0 && size_ > 0; }
  friend bool operator==(const Blob& a, const Blob& b) { return a.view() == b.view(); }

 private:
  Blob(const char* data, std::size_t size, std::uintptr_t owner)
      : data_(data), size_(size), owner_(owner) {}

  static constexpr std::uintptr_t kStringOwner = 1;  // heap addresses are even

  void release() noexcept {
    if (owner_ != 0) free_owner();
  }
  void free_owner() noexcept;

  const char* data_ = nullptr;
  std::size_t size_ = 0;
  // 0 when borrowed; else the address of a char array, or of a std::string when kStringOwner is
  // set.
  std::uintptr_t owner_ = 0;
};

class Value {
 public:
  enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,
    real,
    string,
    bytes,
    address,
    array,
    map
  };

  using Array = std::vector<Value>;

  // Entries sorted bytewise by key, keys unique: the order calldata demands.
  class Map {
   public:
    using Entry = std::pair<Blob, Value>;
    Map() = default;
    // Sorts; of equal keys the last one stays, as in JSON.
    static Map from_entries(std::vector<Entry> entries);
    // For decoders that have checked the order already.
    static Map from_sorted(std::vector<Entry> entries) { return Map(std::move(entries)); }

    const Value* find(std::string_view key) const;
    Value* find(std::string_view key);
    // Inserts or replaces. Linear in the size: bulk building goes through from_entries.
    Value& set(std::string_view key, Value value);
    bool erase(std::string_view key);

    std::size_t size() const { return entries_.size(); }
    bool empty() const { return entries_.empty(); }
    auto begin() const { return entries_.begin(); }
    auto end() const { return entries_.end(); }
    auto begin() { return entries_.begin(); }
    auto end() { return entries_.end(); }
    friend bool operator==(const Map& a, const Map& b);

   private:
    explicit Map(std::vector<Entry> entries) : entries_(std::move(entries)) {}
    std::vector<Entry> entries_;
  };

  Value() = default;
  static Value null() { return {}; }
  static Value boolean(bool b) { return Value(std::in_place_index<1>, b); }
  static Value integer(Integer i) { return Value(std::in_place_index<2>, std::move(i)); }
  // Only JSON and Lua have reals. Calldata carries them by the rule of `encode`.
  static Value real(double d) { return Value(std::in_place_index<3>, d); }
  static Value string(std::string s) { return string(Blob(std::move(s))); }
  static Value string(Blob s) { return Value(std::in_place_index<4>, std::move(s)); }
  static Value bytes(std::string s) { return bytes(Blob(std::move(s))); }
  static Value bytes(Blob s) { return Value(std::in_place_index<5>, std::move(s)); }
  static Value address(const Address& a) { return Value(std::in_place_index<6>, a); }
  static Value array(Array a = {}) { return Value(std::in_place_index<7>, std::move(a)); }
  static Value map(Map m = {}) { return Value(std::in_place_index<8>, std::move(m)); }
  // Value::object({{"a", Value::integer(1)}, ...})
  static Value object(std::initializer_list<std::pair<std::string_view, Value>> entries);
  // Value::fields("a", x, "b", y): the same from alternating keys and values, moved instead of
  // copied.
  template <class... KeysAndValues>
  static Value fields(KeysAndValues&&... keys_and_values);
  // Value::list(x, y): an array from moved values.
  template <class... Values>
  static Value list(Values&&... values) {
    Array array;
    array.reserve(sizeof...(values));
    (array.push_back(std::forward<Values>(values)), ...);
    return Value::array(std::move(array));
  }

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::null; }

  // Typed access: a null pointer when the kind is another.
  const bool* as_bool() const { return std::get_if<1>(&data_); }
  const Integer* as_integer() const { return std::get_if<2>(&data_); }
  const double* as_real() const { return std::get_if<3>(&data_); }
  const Address* as_address() const { return std::get_if<6>(&data_); }
  const Array* as_array() const { return std::get_if<7>(&data_); }
  Array* as_array() { return std::get_if<7>(&data_); }
  const Map* as_map() const { return std::get_if<8>(&data_); }
  Map* as_map() { return std::get_if<8>(&data_); }
  std::optional<std::string_view> as_string() const;
  std::optional<std::string_view> as_bytes() const;

  // The bytes of a string or byte string, to be moved out without a copy; null pointer for other
  // kinds.
  Blob* as_blob() {
    if (auto* text = std::get_if<4>(&data_)) return text;
    return std::get_if<5>(&data_);
  }

  // The entry of a map; null pointer when this is no map or has no such key.
  const Value* find(std::string_view key) const;

  // A deep copy without borrowed views. Cheaper than a copy when nothing is borrowed.
  Value to_owned() &&;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  using Data = std::variant<std::monostate, bool, Integer, double, Blob, Blob, Address, Array, Map>;
  // Constructed in place, because moving a variant costs an indirect call.
  template <std::size_t I, class T>
  Value(std::in_place_index_t<I> index, T&& content) : data_(index, std::forward<T>(content)) {}
  Data data_;
};

// Here, where Value is complete: comparing entries inside the class is ill-formed.
inline bool operator==(const Value::Map& a, const Value::Map& b) {
  return a.entries_ == b.entries_;
}

template <class... KeysAndValues>
Value Value::fields(KeysAndValues&&... keys_and_values) {
  static_assert(sizeof...(keys_and_values) % 2 == 0, "keys and values alternate");
  Map map;
  const auto add = [&map](auto&& self, std::string_view key, auto&& value, auto&&... rest) -> void {
    map.set(key, std::forward<decltype(value)>(value));
    if constexpr (sizeof...(rest) > 0) self(self, std::forward<decltype(rest)>(rest)...);
  };
  if constexpr (sizeof...(keys_and_values) > 0)
    add(add, std::forward<KeysAndValues>(keys_and_values)...);
  return Value::map(std::move(map));
}

std::string_view kind_name(Value::Kind kind);

}  // namespace gvm
