#pragma once
// Structured fields (RFC 9651, which replaces RFC 8941): typed values, a strict parser and the one
// serialisation each value has. Pure.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace gvm::signing {

// The sizes that RFC 9651, 3 requires every parser to accept are also our limits, so that a hostile
// field cannot cost more. A larger field is a parse error.
struct StructuredFieldLimits {
  static constexpr std::size_t kMembers = 1024;    // of a dictionary or a list
  static constexpr std::size_t kListItems = 256;   // of an inner list
  static constexpr std::size_t kParameters = 256;  // of one item
};

// Keys in the order in which they first occurred; a repeated key takes the later value (RFC 9651,
// 4.2.2).
template <class V>
class OrderedMap {
 public:
  using Entry = std::pair<std::string, V>;

  const V* find(std::string_view key) const {
    for (const auto& entry : entries_) {
      if (entry.first == key) return &entry.second;
    }
    return nullptr;
  }
  void set(std::string_view key, V value) {
    for (auto& entry : entries_) {
      if (entry.first == key) {
        entry.second = std::move(value);
        return;
      }
    }
    entries_.emplace_back(std::string(key), std::move(value));
  }
  void erase(std::string_view key) {
    std::erase_if(entries_, [key](const Entry& entry) { return entry.first == key; });
  }
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  friend bool operator==(const OrderedMap&, const OrderedMap&) = default;

 private:
  std::vector<Entry> entries_;
};

// The types of bare items. An integer has at most 15 digits, a decimal at most 12 before and 3
// after the point.
struct Decimal {
  std::int64_t thousandths = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};
struct Token {
  std::string text;
  friend bool operator==(const Token&, const Token&) = default;
};
struct ByteSequence {
  std::string bytes;
  friend bool operator==(const ByteSequence&, const ByteSequence&) = default;
};
struct Date {
  std::int64_t unix_seconds = 0;
  friend bool operator==(const Date&, const Date&) = default;
};
struct DisplayString {
  std::string utf8;
  friend bool operator==(const DisplayString&, const DisplayString&) = default;
};
using BareItem = std::variant<std::int64_t, Decimal, std::string, Token, ByteSequence, bool, Date,
                              DisplayString>;

using Parameters = OrderedMap<BareItem>;

struct Item {
  BareItem value;
  Parameters parameters;
  friend bool operator==(const Item&, const Item&) = default;
};
struct InnerList {
  std::vector<Item> items;
  Parameters parameters;
  friend bool operator==(const InnerList&, const InnerList&) = default;
};
using Member = std::variant<Item, InnerList>;
using List = std::vector<Member>;
using Dictionary = OrderedMap<Member>;

// Parses the whole value of a field, its lines joined by ", ". Error: MALFORMED_STRUCTURED_FIELD,
// not fatal; it says what is wrong at which byte, and does not repeat the value. `refuse`: of two
// members with the same key the standard takes the later one, but for a signature two members with
// one label are ambiguous.
enum class RepeatedKeys { replace, refuse };
Result<Dictionary> parse_dictionary(std::string_view text,
                                    RepeatedKeys repeated = RepeatedKeys::replace);
Result<List> parse_list(std::string_view text);
Result<Item> parse_item(std::string_view text);

// RFC 9651, 4.1. Empty for an empty dictionary or list, which is not sent at all. Errors:
// MALFORMED_STRUCTURED_FIELD for values that cannot be serialised: an integer out of range, a
// string with a byte outside of printable ASCII, a key or token with a character that is not
// allowed.
Result<std::string> serialize(const Dictionary& dictionary);
Result<std::string> serialize(const List& list);
Result<std::string> serialize(const Item& item);
Result<std::string> serialize(const InnerList& list);
Result<std::string> serialize(const Member& member);

}  // namespace gvm::signing
