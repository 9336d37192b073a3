#include "jsonpath/compare.h"

#include <algorithm>
#include <optional>

namespace gvm::jsonpath {
namespace {

constexpr std::uint64_t kBytesAStep = 16;

bool is_number(const Value& value) {
  return value.as_integer() != nullptr || value.as_real() != nullptr;
}

double as_double(const Value& value) {
  const auto* integer = value.as_integer();
  return integer != nullptr ? integer->to_double() : *value.as_real();
}

// Negative, zero or positive. An integer and a real are compared exactly.
int compare_numbers(const Value& a, const Value& b) {
  const auto sign = [](auto order) { return order < 0 ? -1 : order > 0 ? 1 : 0; };
  const auto* left = a.as_integer();
  const auto* right = b.as_integer();
  if (left != nullptr && right != nullptr) return sign(*left <=> *right);
  if (left == nullptr && right == nullptr) return sign(*a.as_real() <=> *b.as_real());
  const auto whole = Integer::from_integral(left != nullptr ? *b.as_real() : *a.as_real());
  if (whole) return left != nullptr ? sign(*left <=> *whole) : sign(*whole <=> *right);
  return sign(as_double(a) <=> as_double(b));
}

// JSON read as borrowed text and text of scripts may be strings or bytes.
std::optional<std::string_view> text_of(const Value& value) {
  if (const auto text = value.as_string()) return text;
  return value.as_bytes();
}

bool equal_maps(const Value::Map& a, const Value::Map& b, std::uint64_t& steps) {
  if (a.size() != b.size()) return false;
  return std::equal(a.begin(), a.end(), b.begin(), [&](const auto& x, const auto& y) {
    return x.first == y.first && equal(x.second, y.second, steps);
  });
}

}  // namespace

bool equal(const Value& a, const Value& b, std::uint64_t& steps) {
  ++steps;
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
  if (const auto left = text_of(a)) {
    const auto right = text_of(b);
    steps += left->size() / kBytesAStep;
    return right && *left == *right;
  }
  if (a.kind() != b.kind()) return false;
  if (const auto* left = a.as_bool()) return *left == *b.as_bool();
  if (const auto* left = a.as_array()) {
    const auto* right = b.as_array();
    return std::equal(left->begin(), left->end(), right->begin(), right->end(),
                      [&](const Value& x, const Value& y) { return equal(x, y, steps); });
  }
  if (const auto* left = a.as_map()) return equal_maps(*left, *b.as_map(), steps);
  return a.is_null();
}

// UTF-8 has the order of its characters.
bool less(const Value& a, const Value& b, std::uint64_t& steps) {
  ++steps;
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) < 0;
  const auto left = text_of(a);
  const auto right = text_of(b);
  if (!left || !right) return false;
  steps += std::min(left->size(), right->size()) / kBytesAStep;
  return *left < *right;
}

}  // namespace gvm::jsonpath
