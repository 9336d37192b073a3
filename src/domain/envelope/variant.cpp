#include "envelope/variant.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "envelope/fields.h"

namespace gvm::envelope {

Result<Variant> parse_variant(Value message, std::initializer_list<std::string_view> known) {
  const auto refuse = [&](const std::string& found) {
    return fail(
        codes::kMalformedRequest, Fatality::fatal,
        fmt::format("expected a map of one of {}, found {}", fmt::join(known, ", "), found));
  };
  auto* map = message.as_map();
  if (map == nullptr) return refuse(with_article(message.kind()));
  if (map->size() != 1) return refuse(fmt::format("{} keys", map->size()));
  auto& [name, payload] = *map->begin();
  const auto at = std::ranges::find(known, name.view());
  if (at == known.end()) {
    constexpr std::size_t kShownBytes = 64;
    return refuse(fmt::format("\"{}\"", to_valid_utf8(name.view().substr(0, kShownBytes))));
  }
  return Variant{static_cast<std::size_t>(at - known.begin()), std::move(payload)};
}

bool is_stats_request(const Value& message) {
  constexpr std::string_view kGetStats = "GetStats";
  if (message.as_string() == kGetStats) return true;
  const auto* map = message.as_map();
  if (map == nullptr || map->size() != 1) return false;
  const Value* payload = map->find(kGetStats);
  return payload != nullptr && payload->is_null();
}

}  // namespace gvm::envelope
