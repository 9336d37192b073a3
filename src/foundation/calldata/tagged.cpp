#include "calldata/tagged.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/error_codes.h"

namespace gvm::calldata {
namespace {

Value tag(std::string_view name, Value content) {
  Value::Map map;
  map.set(name, std::move(content));
  return Value::map(std::move(map));
}

Value tagged_real(double real) {
  if (const auto integral = Integer::from_integral(real))
    return tag("i", Value::string(integral->to_string()));
  char text[32];
  return tag("s",
             Value::string(std::string(text, std::to_chars(text, text + sizeof text, real).ptr)));
}

Value tagged_array(const Value::Array& items) {
  Value::Array out;
  out.reserve(items.size());
  for (const auto& item : items) out.push_back(to_tagged(item));
  return tag("l", Value::array(std::move(out)));
}

Value tagged_map(const Value::Map& map) {
  Value::Array pairs;
  pairs.reserve(map.size());
  for (const auto& [key, value] : map) {
    Value::Array pair;
    pair.push_back(Value::string(Blob(key)));
    pair.push_back(to_tagged(value));
    pairs.push_back(Value::array(std::move(pair)));
  }
  return tag("m", Value::array(std::move(pairs)));
}

std::unexpected<Error> malformed(std::string detail) {
  return fail(codes::kMalformedCalldata, Fatality::user, "tagged form: " + std::move(detail));
}

Result<Value> integer_from(std::string_view text) {
  auto integer = Integer::parse(text);
  if (!integer) return malformed("\"i\" is a decimal number");
  return Value::integer(std::move(*integer));
}

Result<Value> bytes_from(std::string_view text) {
  auto bytes = hex_decode(text);
  if (!bytes) return malformed("\"b\" is hex");
  return Value::bytes(std::move(*bytes));
}

Result<Value> address_from(std::string_view text) {
  const auto bytes = hex_decode(text);
  Address address;
  if (!bytes || bytes->size() != address.size()) return malformed("\"a\" is the hex of 20 bytes");
  std::copy(bytes->begin(), bytes->end(), address.begin());
  return Value::address(address);
}

Result<Value> array_from(const Value::Array& items) {
  Value::Array out;
  out.reserve(items.size());
  for (const auto& item : items) {
    auto value = from_tagged(item);
    if (!value) return value;
    out.push_back(std::move(*value));
  }
  return Value::array(std::move(out));
}

Result<Value> map_from(const Value::Array& pairs) {
  std::vector<Value::Map::Entry> entries;
  entries.reserve(pairs.size());
  for (const auto& pair : pairs) {
    const auto* parts = pair.as_array();
    if (parts == nullptr || parts->size() != 2 || !parts->front().as_string()) {
      return malformed("\"m\" is an array of [key, value]");
    }
    auto value = from_tagged(parts->back());
    if (!value) return value;
    entries.emplace_back(Blob::copy(*parts->front().as_string()), std::move(*value));
  }
  return Value::map(Value::Map::from_entries(std::move(entries)));
}

Result<Value> from_tag(std::string_view name, const Value& content) {
  if (const auto text = content.as_string()) {
    if (name == "i") return integer_from(*text);
    if (name == "s") return Value::string(std::string(*text));
    if (name == "b") return bytes_from(*text);
    if (name == "a") return address_from(*text);
  } else if (const auto* items = content.as_array()) {
    if (name == "l") return array_from(*items);
    if (name == "m") return map_from(*items);
  }
  return malformed("no such tag as \"" + std::string(name) + "\" over " +
                   std::string(kind_name(content.kind())));
}

}  // namespace

Value to_tagged(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
    case Value::Kind::boolean:
      return value;
    case Value::Kind::integer:
      return tag("i", Value::string(value.as_integer()->to_string()));
    case Value::Kind::real:
      return tagged_real(*value.as_real());
    case Value::Kind::string:
      return tag("s", value);
    case Value::Kind::bytes:
      return tag("b", Value::string(hex_encode(*value.as_bytes())));
    case Value::Kind::address: {
      const Address& address = *value.as_address();
      return tag("a", Value::string(hex_encode(
                          {reinterpret_cast<const char*>(address.data()), address.size()})));
    }
    case Value::Kind::array:
      return tagged_array(*value.as_array());
    case Value::Kind::map:
      return tagged_map(*value.as_map());
  }
  return {};
}

Result<Value> from_tagged(const Value& tagged) {
  if (tagged.is_null() || tagged.as_bool() != nullptr) return tagged;
  const auto* map = tagged.as_map();
  if (map == nullptr || map->size() != 1)
    return malformed("a value is null, a boolean or a map of one tag");
  const auto& [name, content] = *map->begin();
  return from_tag(name.view(), content);
}

}  // namespace gvm::calldata
