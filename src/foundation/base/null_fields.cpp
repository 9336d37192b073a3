#include "base/null_fields.h"

#include <algorithm>

namespace gvm {

namespace {

bool is_null_entry(const Value::Map::Entry& entry) {
  return entry.second.is_null();
}

Value::Map without_nulls(Value::Map& map) {
  std::vector<Value::Map::Entry> kept;
  kept.reserve(map.size());
  for (auto& entry : map) {
    if (!is_null_entry(entry)) kept.push_back(std::move(entry));
  }
  return Value::Map::from_sorted(std::move(kept));
}

}  // namespace

void drop_null_fields(Value& value) {
  if (auto* array = value.as_array()) {
    for (Value& item : *array) drop_null_fields(item);
  }
  auto* map = value.as_map();
  if (map == nullptr) return;
  if (std::ranges::any_of(*map, is_null_entry)) *map = without_nulls(*map);
  for (auto& [key, item] : *map) drop_null_fields(item);
}

}  // namespace gvm
