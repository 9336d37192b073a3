#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

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

struct Paint {
  Colour colour;
  double alpha = 1;
};

// #rgb, #rgba, #rrggbb, #rrggbbaa.
std::optional<Paint> hexadecimal(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const bool is_short = digits.size() == 3 || digits.size() == 4;
  if (!is_short && digits.size() != 6 && digits.size() != 8) return std::nullopt;
  const bool has_alpha = digits.size() == 4 || digits.size() == 8;
  const unsigned bits = is_short ? 4 : 8;
  // From the right.
  const auto part = [&](unsigned index) {
    const std::uint32_t piece = value >> (index * bits) & ((1U << bits) - 1);
    return static_cast<std::uint8_t>(is_short ? piece * 0x11U : piece);
  };
  const unsigned first = has_alpha ? 1 : 0;
  return Paint{{part(first + 2), part(first + 1), part(first)}, has_alpha ? part(0) / 255.0 : 1};
}

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

struct Component {
  double number;
  bool percent;
};

// The components of a function, old (1, 2, 3, .5) or new (1 2 3 / 50%).
std::vector<Component> components(std::string_view text) {
  std::vector<Component> out;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n,/"), text.size()));
    if (text.starts_with('+')) text.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() && !text.starts_with("none")) break;
    text.remove_prefix(error == std::errc() ? static_cast<std::size_t>(end - text.data()) : 4);
    const bool percent = text.starts_with('%');
    if (percent || text.starts_with("deg")) text.remove_prefix(percent ? 1 : 3);
    out.push_back({number, percent});
  }
  // Something else, such as calc().
  if (!text.empty()) out.clear();
  return out;
}

// CSS Color 4, 7.1: the parts of a hue, a saturation and a lightness of 0 to 1.
Colour from_hsl(double hue, double saturation, double lightness) {
  constexpr double kParts = 12;
  constexpr double kDegreesOfPart = 30;
  const double spread = saturation * std::min(lightness, 1 - lightness);
  const auto part = [&](double shift) {
    const double k = std::fmod(shift + hue / kDegreesOfPart, kParts);
    return to_byte(255 * (lightness - spread * std::max(-1.0, std::min({k - 3, 9 - k, 1.0}))));
  };
  return {part(0), part(8), part(4)};
}

std::optional<Paint> from_function(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('('));
  const bool rgb = name == "rgb" || name == "rgba";
  const bool hsl = name == "hsl" || name == "hsla";
  if ((!rgb && !hsl) || !text.ends_with(')')) return std::nullopt;
  const auto parts = components(text.substr(name.size() + 1, text.size() - name.size() - 2));
  if (parts.size() != 3 && parts.size() != 4) return std::nullopt;
  Paint out;
  if (parts.size() == 4) out.alpha = parts[3].percent ? parts[3].number / 100 : parts[3].number;
  if (hsl) {
    constexpr double kCircle = 360;
    const double hue = std::fmod(std::fmod(parts[0].number, kCircle) + kCircle, kCircle);
    out.colour = from_hsl(hue, std::clamp(parts[1].number / 100, 0.0, 1.0),
                          std::clamp(parts[2].number / 100, 0.0, 1.0));
  } else {
    const auto byte = [&](std::size_t i) {
      return to_byte(parts[i].percent ? parts[i].number * 2.55 : parts[i].number);
    };
    out.colour = {byte(0), byte(1), byte(2)};
  }
  return out;
}

std::optional<Paint> paint_of(std::string_view css) {
  const std::string text = lowered(trim(css));
  if (text.starts_with('#')) return hexadecimal(std::string_view(text).substr(1));
  if (text == "transparent") return Paint{{}, 0};
  for (const auto& [name, colour] : kNames) {
    if (name == text) return Paint{colour, 1};
  }
  return from_function(text);
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
  const auto paint = paint_of(css);
  return paint && paint->alpha >= 1 ? std::optional(paint->colour) : std::nullopt;
}

bool is_clear(std::string_view css) {
  constexpr double kFaintest = 0.05;
  const auto paint = paint_of(css);
  return paint && paint->alpha < kFaintest;
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
