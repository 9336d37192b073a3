#include "envelope/fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/encoding.h"

namespace gvm::envelope {

namespace {

// Shortens a peer's key for a message, so that it never exceeds one line.
std::string shown(std::string_view key) {
  constexpr std::size_t kShownBytes = 64;
  return to_valid_utf8(key.substr(0, kShownBytes));
}

}  // namespace

std::string with_article(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::null:
    case Value::Kind::bytes:
      return std::string(kind_name(kind));
    case Value::Kind::integer:
    case Value::Kind::address:
    case Value::Kind::array:
      return fmt::format("an {}", kind_name(kind));
    default:
      return fmt::format("a {}", kind_name(kind));
  }
}

Fields::Fields(Value value, std::string path, std::string_view code, Reading reading)
    : value_(std::move(value)),
      map_(value_.as_map()),
      path_(std::move(path)),
      code_(code),
      reading_(reading) {
  if (map_ != nullptr) return;
  const std::string where = path_.empty() ? "" : path_ + ": ";
  error_.emplace(code_, Fatality::fatal,
                 fmt::format("{}expected a map, found {}", where, with_article(value_.kind())));
}

Fields::Fields(Fields& parent, std::string_view key)
    : Fields(parent.any(key),
             parent.path_.empty() ? std::string(key) : fmt::format("{}.{}", parent.path_, key),
             parent.code_, parent.reading_) {
  if (!parent.error_) return;
  error_ = std::move(parent.error_);
  parent.error_.reset();
}

Value* Fields::find(std::string_view key) {
  known_.push_back(key);
  return map_ == nullptr ? nullptr : map_->find(key);
}

Value* Fields::require(std::string_view key, Value::Kind kind) {
  Value* value = find(key);
  if (value == nullptr) {
    complain(key, "is missing");
    return nullptr;
  }
  if (value->kind() == kind) return value;
  expected(key, with_article(kind), *value);
  return nullptr;
}

// Whether `value` is of that kind; a text becomes bytes where that is allowed.
bool Fields::take_as(Value::Kind kind, Value& value) const {
  if (value.kind() == kind) return true;
  const bool text_for_bytes = kind == Value::Kind::bytes && value.kind() == Value::Kind::string;
  if (!text_for_bytes || reading_ == Reading::strict) return false;
  value = Value::bytes(std::move(*value.as_blob()));
  return true;
}

void Fields::complain(std::string_view key, std::string_view what) {
  if (error_) return;
  const std::string_view dot = path_.empty() ? "" : ".";
  error_.emplace(code_, Fatality::fatal, fmt::format("{}{}{}: {}", path_, dot, shown(key), what));
}

void Fields::expected(std::string_view key, std::string_view what, const Value& found) {
  complain(key, fmt::format("expected {}, found {}", what, with_article(found.kind())));
}

Blob Fields::string(std::string_view key) {
  Value* value = require(key, Value::Kind::string);
  return value == nullptr ? Blob() : std::move(*value->as_blob());
}

Blob Fields::string_or(std::string_view key, std::string_view fallback) {
  const Value* value = find(key);
  if (map_ != nullptr && (value == nullptr || value->is_null())) return Blob::copy(fallback);
  return string(key);
}

bool Fields::boolean_or(std::string_view key, bool fallback) {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  if (const bool* flag = value->as_bool()) return *flag;
  expected(key, "a boolean", *value);
  return fallback;
}

Integer Fields::integer(std::string_view key) {
  const Value* value = require(key, Value::Kind::integer);
  return value == nullptr ? Integer() : *value->as_integer();
}

Integer Fields::non_negative(std::string_view key) {
  Integer number = integer(key);
  if (number.is_negative()) complain(key, "expected an unsigned integer, found a negative one");
  return number;
}

std::optional<Blob> Fields::bytes_or_null(std::string_view key) {
  Value* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (take_as(Value::Kind::bytes, *value)) return std::move(*value->as_blob());
  expected(key, "bytes or null", *value);
  return std::nullopt;
}

std::vector<Blob> Fields::list_of_bytes(std::string_view key) {
  std::vector<Blob> list;
  Value* value = find(key);
  if (value == nullptr) return list;
  auto* items = value->as_array();
  if (items == nullptr) {
    expected(key, "an array", *value);
    return list;
  }
  list.reserve(items->size());
  for (auto& item : *items) {
    if (!take_as(Value::Kind::bytes, item)) {
      expected(fmt::format("{}[{}]", key, list.size()), "bytes", item);
      break;
    }
    list.push_back(std::move(*item.as_blob()));
  }
  return list;
}

Value::Map Fields::map_of(Value::Kind kind, std::string_view key) {
  Value* value = require(key, Value::Kind::map);
  if (value == nullptr) return {};
  for (auto& [name, item] : *value->as_map()) {
    if (take_as(kind, item)) continue;
    expected(fmt::format("{}.{}", key, shown(name.view())), with_article(kind), item);
    return {};
  }
  return std::move(*value->as_map());
}

Value Fields::any(std::string_view key) {
  Value* value = find(key);
  if (value != nullptr) return std::move(*value);
  complain(key, "is missing");
  return {};
}

std::size_t Fields::one_of(std::string_view key, std::initializer_list<std::string_view> names,
                           std::optional<std::size_t> fallback) {
  if (fallback && map_ != nullptr && map_->find(key) == nullptr) {
    known_.push_back(key);
    return *fallback;
  }
  const Value* value = require(key, Value::Kind::string);
  if (value == nullptr) return 0;
  const auto at = std::ranges::find(names, *value->as_string());
  if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  complain(key, fmt::format("expected one of {}, found \"{}\"", fmt::join(names, ", "),
                            shown(*value->as_string())));
  return 0;
}

std::optional<Error> Fields::finish() {
  if (error_ || map_ == nullptr || reading_ == Reading::lenient) return std::move(error_);
  for (const auto& [key, value] : *map_) {
    if (std::ranges::find(known_, key.view()) == known_.end()) {
      complain(key.view(), fmt::format("is not known; the fields are {}", fmt::join(known_, ", ")));
      break;
    }
  }
  return std::move(error_);
}

}  // namespace gvm::envelope
