#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/ascii.h"
#include "html/inline_style.h"

namespace gvm::html {

namespace {

// HTML 4.01, 6.5.
constexpr std::array<std::pair<std::string_view, Colour>, 17> kNames = {{
    {"aqua", {0, 255, 255}},
    {"black", {0, 0, 0}},
    {"blue", {0, 0, 255}},
    {"fuchsia", {255, 0, 255}},
    {"gray", {128, 128, 128}},
    {"green", {0, 128, 0}},
    {"lime", {0, 255, 0}},
    {"maroon", {128, 0, 0}},
    {"navy", {0, 0, 128}},
    {"olive", {128, 128, 0}},
    {"orange", {255, 165, 0}},
    {"purple", {128, 0, 128}},
    {"red", {255, 0, 0}},
    {"silver", {192, 192, 192}},
    {"teal", {0, 128, 128}},
    {"white", {255, 255, 255}},
    {"yellow", {255, 255, 0}},
}};

std::optional<Colour> hexadecimal(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const auto part = [&](unsigned shift) {
    return static_cast<std::uint8_t>(value >> shift & 0xFFU);
  };
  const auto twice = [&](unsigned shift) {
    return static_cast<std::uint8_t>((value >> shift & 0xFU) * 0x11U);
  };
  if (digits.size() == 6) return Colour{part(16), part(8), part(0)};
  if (digits.size() == 3) return Colour{twice(8), twice(4), twice(0)};
  return std::nullopt;
}

// "rgb(1, 2, 3)" and "rgb(1 2 3)"; a fourth number is an opacity.
std::optional<Colour> from_function(std::string_view text) {
  if (!text.starts_with("rgb(") || !text.ends_with(')')) return std::nullopt;
  text = text.substr(4, text.size() - 5);
  std::array<std::uint8_t, 3> parts{};
  for (std::uint8_t& part : parts) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  if (text.find_first_not_of(' ') != std::string_view::npos) return std::nullopt;
  return Colour{parts[0], parts[1], parts[2]};
}

// WCAG 2.2, "relative luminance".
double luminance(Colour colour) {
  const auto linear = [](std::uint8_t part) {
    const double value = part / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

}  // namespace

std::optional<Colour> colour_of(std::string_view css) {
  const std::string text = lowered(trim(css));
  if (text.starts_with('#')) return hexadecimal(std::string_view(text).substr(1));
  for (const auto& [name, colour] : kNames) {
    if (name == text) return colour;
  }
  return from_function(text);
}

bool is_same_to_the_eye(Colour text, Colour background) {
  constexpr double kFaintest = 1.1;
  constexpr int kClosest = 32;
  const auto close = [](std::uint8_t x, std::uint8_t y) { return std::abs(x - y) <= kClosest; };
  if (!close(text.red, background.red) || !close(text.green, background.green) ||
      !close(text.blue, background.blue))
    return false;
  const double a = luminance(text);
  const double b = luminance(background);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05) < kFaintest;
}

}  // namespace gvm::html
