#include "html/inline_style.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"

namespace gvm::html {

namespace {

constexpr std::string_view kBlanks = " \t\n\f\r";
constexpr double kFaintest = 0.05;   // opacity
constexpr double kSmallestFont = 2;  // pixels
constexpr double kOffPage = -500;    // pixels to the left or above
constexpr double kSmallestBox = 1;   // pixels

struct Length {
  double number;
  std::string_view unit;
};

// A number with its unit at the start of `text`, which then begins behind it.
std::optional<Length> take_length(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto is_unit = [](char c) {
    return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '%';
  };
  const auto unit_end = std::ranges::find_if_not(text, is_unit);
  const auto size = static_cast<std::size_t>(unit_end - text.begin());
  const Length length{number, text.substr(0, size)};
  text.remove_prefix(size);
  return length;
}

std::optional<Length> length_of(std::string_view text) {
  return take_length(text);
}

bool is_pixels_below(std::string_view value, double most) {
  const auto length = length_of(value);
  if (!length) return false;
  if (length->number == 0) return most >= 0;
  return equal_ignoring_case(length->unit, "px") && length->number <= most;
}

// Far to the left or above, in any unit: em and % of these sizes are as far.
bool is_off_page(std::string_view value) {
  const auto length = length_of(value);
  if (!length) return false;
  const bool coarse = equal_ignoring_case(length->unit, "em") ||
                      equal_ignoring_case(length->unit, "rem") || length->unit == "%" ||
                      equal_ignoring_case(length->unit, "vw");
  return length->number <= (coarse ? kOffPage / 5 : kOffPage);
}

// The arguments of `name(...)`; empty when `value` is something else.
std::string_view arguments_of(std::string_view value, std::string_view name) {
  if (!equal_ignoring_case(value.substr(0, name.size()), name)) return {};
  value.remove_prefix(name.size());
  if (!value.starts_with('(')) return {};
  return value.substr(1, value.find(')') - 1);
}

// CSS 2, 11.1.2: rect(top, right, bottom, left) that leaves at most a pixel.
bool is_empty_rect(std::string_view value) {
  std::string_view rest = arguments_of(value, "rect");
  std::array<double, 4> edges{};
  for (double& edge : edges) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" ,\t\n"), rest.size()));
    const auto length = take_length(rest);
    if (!length) return false;
    edge = length->number;
  }
  return edges[1] - edges[3] <= kSmallestBox || edges[2] - edges[0] <= kSmallestBox;
}

bool is_empty_clip_path(std::string_view value) {
  constexpr double kHalf = 50;
  const auto inset = length_of(arguments_of(value, "inset"));
  if (inset && inset->unit == "%" && inset->number >= kHalf) return true;
  const auto circle = length_of(arguments_of(value, "circle"));
  return circle && circle->number == 0;
}

std::optional<Display> display_of(std::string_view value) {
  constexpr std::array<std::string_view, 12> kBlocks = {"block",
                                                        "flex",
                                                        "grid",
                                                        "table",
                                                        "list-item",
                                                        "flow-root",
                                                        "table-caption",
                                                        "table-row-group",
                                                        "-webkit-box",
                                                        "table-header-group",
                                                        "table-footer-group",
                                                        "-webkit-flex"};
  if (value == "none") return Display::none;
  if (value == "table-row") return Display::row;
  if (value == "table-cell") return Display::cell;
  if (std::ranges::find(kBlocks, value) != kBlocks.end()) return Display::block;
  const bool is_inline = value.starts_with("inline") || value == "contents";
  return is_inline ? std::optional(Display::inline_) : std::nullopt;
}

std::optional<Spaces> spaces_of(std::string_view value) {
  if (value == "pre" || value == "pre-wrap" || value == "break-spaces") return Spaces::keep;
  if (value == "pre-line") return Spaces::keep_lines;
  if (value == "normal" || value == "nowrap") return Spaces::collapse;
  return std::nullopt;
}

// Reads declarations one by one; what needs several of them is decided at the end.
class Reader {
 public:
  void declaration(std::string_view property, std::string_view value) {
    if (property == "display") {
      if (const auto display = display_of(value)) out_.display = display;
      out_.items = value.ends_with("flex") || value.ends_with("grid");
    } else if (property == "visibility") {
      out_.hidden = value == "hidden" || value == "collapse";
    } else if (property == "white-space") {
      if (const auto spaces = spaces_of(value)) out_.spaces = spaces;
    } else if (property == "font-size") {
      font_size(value);
    } else {
      painting(property, value);
      geometry(property, value);
    }
  }

  InlineStyle take() {
    out_.out_of_line = placed_ || floats_;
    if (placed_ && (away_ || clipped_)) out_.unseen = true;
    if (cut_ && small_) out_.unseen = true;
    return out_;
  }

 private:
  // What is relative to the font around it (em, %, larger) changes nothing about a font of no size.
  void font_size(std::string_view value) {
    const auto length = length_of(value);
    const bool relative = length ? length->unit == "em" || length->unit == "%"
                                 : value == "larger" || value == "smaller" || value == "inherit";
    if (length && length->number == 0)
      out_.tiny = true;
    else if (!relative)
      out_.tiny = length && length->unit == "px" && length->number < kSmallestFont;
  }

  void painting(std::string_view property, std::string_view value) {
    if (property == "color") {
      out_.colour = colour_of(value);
      out_.other_colour = !out_.colour && !value.empty() && value != "inherit";
    } else if (property == "background-color" || property == "background") {
      out_.background = colour_of(value);
      if (!out_.background && value != "none" && value != "transparent") out_.picture_behind = true;
    } else if (property == "background-image") {
      if (value != "none") out_.picture_behind = true;
    } else if (property == "opacity") {
      const auto length = length_of(value);
      if (length && length->unit.empty() && length->number < kFaintest) out_.unseen = true;
    }
  }

  void geometry(std::string_view property, std::string_view value) {
    if (property == "position") {
      placed_ = value == "absolute" || value == "fixed";
    } else if (property == "float") {
      floats_ = value == "left" || value == "right";
    } else if (property == "left" || property == "top") {
      away_ = away_ || is_off_page(value);
    } else if (property == "text-indent" || property == "margin-left") {
      if (is_off_page(value)) out_.unseen = true;
    } else if (property == "clip") {
      clipped_ = is_empty_rect(value);
    } else if (property == "clip-path") {
      if (is_empty_clip_path(value)) out_.unseen = true;
    } else if (property == "overflow") {
      cut_ = value == "hidden" || value == "clip";
    } else if (property == "width" || property == "height" || property == "max-height" ||
               property == "max-width") {
      small_ = small_ || is_pixels_below(value, kSmallestBox);
    }
  }

  InlineStyle out_;
  bool placed_ = false;
  bool floats_ = false;
  bool away_ = false;
  bool clipped_ = false;
  bool cut_ = false;
  bool small_ = false;
};

}  // namespace

InlineStyle read_inline_style(std::string_view style) {
  const std::string lower = lowered(style);
  Reader reader;
  for (std::string_view rest = lower; !rest.empty();) {
    const std::string_view declaration = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(declaration.size() + 1, rest.size()));
    const std::size_t colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = declaration.substr(colon + 1);
    value = trim(value.substr(0, value.find('!')), kBlanks);
    reader.declaration(trim(declaration.substr(0, colon), kBlanks), value);
  }
  return reader.take();
}

}  // namespace gvm::html
