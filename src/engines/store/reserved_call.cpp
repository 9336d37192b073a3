#include "store/reserved_call.h"

#include <array>
#include <string_view>

namespace gvm::store {

std::string flag_names(std::uint32_t flags) {
  constexpr std::array<std::string_view, 8> kNames{
      "unknown_cost",  "in_flight_at_crash", "over_reserved",   "unreserved",
      "lease_expired", "unknown_price",      "estimated_usage", "server_error"};
  std::string text;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if ((flags & (1U << i)) == 0) continue;
    if (!text.empty()) text += ' ';
    text += kNames[i];
  }
  return text;
}

}  // namespace gvm::store
