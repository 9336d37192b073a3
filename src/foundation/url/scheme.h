#pragma once
// Special schemes and their default ports (URL Standard, 4.2).
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gvm::url {

struct SpecialScheme {
  std::string_view name;
  std::optional<std::uint16_t> default_port;
};

inline constexpr std::array<SpecialScheme, 6> kSpecialSchemes = {
    {{"https", 443}, {"http", 80}, {"file", std::nullopt}, {"wss", 443}, {"ws", 80}, {"ftp", 21}}};

constexpr const SpecialScheme* find_special(std::string_view scheme) {
  for (const auto& special : kSpecialSchemes) {
    if (special.name == scheme) return &special;
  }
  return nullptr;
}

}  // namespace gvm::url
