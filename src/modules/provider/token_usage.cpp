#include "provider/token_usage.h"

#include <limits>

#include "text/json_view.h"

namespace gvm::provider {

Value TokenUsage::to_value() const {
  Value::Map map;
  const auto put = [&map](std::string_view name, std::optional<std::uint64_t> count) {
    if (count) map.set(name, Value::integer(Integer::from_u64(*count)));
  };
  put("input", input);
  put("output", output);
  put("total", total);
  put("cache_read", cache_read);
  put("cache_write", cache_write);
  put("image_units", image_units);
  map.set("raw_usage", raw_usage);
  return Value::map(std::move(map));
}

std::optional<std::uint64_t> count_at(const Value& body, std::string_view pointer) {
  const Value* value = text::at(body, pointer);
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = value->as_integer()) return integer->to_u64();
  if (const auto* real = value->as_real()) {
    if (auto integral = Integer::from_integral(*real)) return integral->to_u64();
  }
  return std::nullopt;
}

std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> a,
                                    std::optional<std::uint64_t> b) {
  if (!a || !b) return std::nullopt;
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  return *a > kMax - *b ? kMax : *a + *b;
}

}  // namespace gvm::provider
