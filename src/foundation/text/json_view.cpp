#include "text/json_view.h"

#include <charconv>
#include <string>

namespace gvm::text {
namespace {

// RFC 6901, 4: "~1" becomes '/', then "~0" becomes '~'. Empty for any other use of '~'.
std::optional<std::string> unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    out += token[i] == '0' ? '~' : '/';
  }
  return out;
}

const Value* step_key(const Value& value, std::string_view token) {
  if (!token.contains('~')) return value.find(token);
  const auto key = unescape(token);
  return key ? value.find(*key) : nullptr;
}

const Value* step_index(const Value::Array& array, std::string_view token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return nullptr;
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool whole = failure == std::errc{} && end == token.data() + token.size();
  return whole && index < array.size() ? &array[index] : nullptr;
}

}  // namespace

const Value* at(const Value& root, std::string_view pointer) {
  const Value* value = &root;
  while (value != nullptr && !pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const auto token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    const auto* array = value->as_array();
    value = array != nullptr ? step_index(*array, token) : step_key(*value, token);
  }
  return value;
}

std::optional<std::string_view> string_at(const Value& root, std::string_view pointer) {
  const Value* value = at(root, pointer);
  return value != nullptr ? value->as_string() : std::nullopt;
}

std::optional<std::int64_t> integer_at(const Value& root, std::string_view pointer) {
  const Value* value = at(root, pointer);
  const Integer* integer = value != nullptr ? value->as_integer() : nullptr;
  return integer != nullptr ? integer->to_i64() : std::nullopt;
}

}  // namespace gvm::text
