#include "html/inline_style.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/ascii.h"
#include "html/css_declarations.h"

namespace gvm::html {

namespace {

constexpr std::string_view kBlanks = " \t\n\f\r";
constexpr double kFaintest = 0.05;   // opacity
constexpr double kSmallestFont = 2;  // pixels
constexpr double kOffPage = -500;    // pixels to the left or above
constexpr double kSmallestBox = 1;   // pixels
// To the right or below by which a box of unknown width is off to the left or above: its own right
// edge is meant.
constexpr double kOffPageBackwards = 5000;

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

bool is_far(std::string_view value) {
  const auto length = length_of(value);
  return length && length->number >= kOffPageBackwards;
}

// Of a number from 0 to 1, or a percentage.
std::optional<double> share_of(std::string_view value) {
  constexpr double kPercent = 0.01;
  const auto length = length_of(value);
  if (!length) return std::nullopt;
  if (length->unit == "%") return length->number * kPercent;
  return length->unit.empty() ? std::optional(length->number) : std::nullopt;
}

// The parts of a value between white space, as far as no bracket is open.
std::vector<std::string_view> parts_of(std::string_view value) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const bool ends = i == value.size() || (depth == 0 && kBlanks.contains(value[i]));
    if (ends && i > begin) parts.push_back(value.substr(begin, i - begin));
    if (ends) begin = i + 1;
    if (i < value.size() && value[i] == '(') ++depth;
    if (i < value.size() && value[i] == ')') --depth;
  }
  return parts;
}

// Of the four edges that one to four values give: top, right, bottom, left.
std::string_view edge(const std::vector<std::string_view>& parts, std::size_t side) {
  if (parts.empty()) return {};
  if (side < parts.size()) return parts[side];
  return side == 3 && parts.size() > 1 ? parts[1] : parts[0];
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

// The factor of the functions in a `transform`, and how far they move; in 3D as far as it is seen.
struct Transformed {
  double scale = 1;
  bool away = false;
};

double smaller(std::string_view arguments, std::size_t axes) {
  double least = 1;
  for (std::size_t i = 0; i < axes; ++i) {
    arguments.remove_prefix(std::min(arguments.find_first_not_of(" ,\t\n"), arguments.size()));
    const auto factor = take_length(arguments);
    if (!factor) break;
    const double value = factor->unit == "%" ? factor->number / 100 : factor->number;
    least = std::min(least, std::abs(value));
  }
  return least;
}

bool is_edge_on(std::string_view arguments) {
  constexpr double kQuarter = 90;
  const auto angle = length_of(arguments);
  return angle && angle->unit == "deg" && std::abs(angle->number) == kQuarter;
}

Transformed transform_of(std::string_view value) {
  Transformed out;
  for (const std::string_view part : parts_of(value)) {
    const std::string_view name = part.substr(0, part.find('('));
    const std::string_view arguments = arguments_of(part, name);
    if (name == "scale" || name == "scale3d") out.scale *= smaller(arguments, 2);
    if (name == "scalex" || name == "scaley") out.scale *= smaller(arguments, 1);
    if (name == "matrix" && smaller(arguments, 1) == 0) out.scale = 0;
    if ((name == "rotatex" || name == "rotatey") && is_edge_on(arguments)) out.scale = 0;
    if (!name.starts_with("translate")) continue;
    const std::size_t comma = arguments.find(',');
    const std::string_view second =
        comma == std::string_view::npos ? std::string_view() : arguments.substr(comma + 1);
    if (name != "translatez" && (is_off_page(arguments) || is_off_page(second))) out.away = true;
  }
  return out;
}

// Takes declarations one by one; what needs several of them is decided at the end.
class Reader {
 public:
  void declaration(std::string_view property, std::string_view value) {
    if (property == "display") {
      if (const auto display = display_of(value)) out_.display = display;
      out_.items = value.ends_with("flex") || value.ends_with("grid");
    } else if (property == "visibility") {
      if (value == "hidden" || value == "collapse") out_.hidden = true;
      if (value == "visible") out_.hidden = false;
    } else if (property == "content-visibility") {
      concealed_ = value == "hidden";
    } else if (property == "white-space") {
      if (const auto spaces = spaces_of(value)) out_.spaces = spaces;
    } else if (property == "font-size") {
      font_size(value);
    } else if (property == "font") {
      font(value);
    } else {
      painting(property, value);
      geometry(property, value);
      transformation(property, value);
    }
  }

  InlineStyle take() {
    out_.out_of_line = placed_ || floats_;
    out_.scale = zoom_ * scale_ * transformed_.scale;
    const bool faint = out_.opacity < kFaintest || filtered_ < kFaintest;
    const bool moved = (placed_ || relative_) && (away_[0] || away_[1]);
    const bool shifted = transformed_.away || translated_ || indented_ || margin_;
    const bool gone = clip_path_ || (placed_ && clipped_) || (cut_ && small_);
    out_.away = moved && !faint && !concealed_;
    if (faint || moved || shifted || gone || concealed_) out_.unseen = true;
    return out_;
  }

 private:
  // What is relative to the font around it (em, %, larger) changes nothing about a font of no size,
  // and browsers show nothing smaller than 6 px that is.
  void font_size(std::string_view value) {
    const auto length = length_of(value);
    const bool relative = length ? length->unit == "em" || length->unit == "%"
                                 : value == "larger" || value == "smaller" || value == "inherit";
    if (length && length->number == 0)
      out_.tiny = true;
    else if (!relative)
      out_.tiny = length && length->unit == "px" && length->number < kSmallestFont;
  }

  // CSS Fonts 4, 2.7: the size is the first length behind style, variant, weight and width; a bare
  // number but 0 is a weight.
  void font(std::string_view value) {
    for (const std::string_view part : parts_of(value)) {
      const std::string_view size = part.substr(0, part.find('/'));
      const auto length = length_of(size);
      const bool is_size = length && (!length->unit.empty() || length->number == 0);
      if (is_size) return font_size(size);
    }
    if (value != "inherit") out_.tiny = false;
  }

  void painting(std::string_view property, std::string_view value) {
    if (property == "color" || property == "-webkit-text-fill-color") {
      colour(property == "color" ? text_ : fill_, value);
      const Painted& seen = fill_.given ? fill_ : text_;
      out_.colour = seen.colour;
      out_.other_colour = seen.given && !seen.colour && !seen.clear;
      if (seen.given) out_.clear = seen.clear;
    } else if (property == "background-color" || property == "background") {
      out_.background = colour_of(value);
      out_.picture_behind = !out_.background && value != "none" && !is_clear(value);
      if (property == "background" && value.find("text") != value.npos) out_.cut_out = true;
    } else if (property == "background-image") {
      if (value != "none") out_.picture_behind = true;
    } else if (property == "background-clip" || property == "-webkit-background-clip") {
      if (value == "text") out_.cut_out = true;
    } else if (property == "text-shadow") {
      out_.decorated = value != "none";
    } else if (property == "opacity") {
      if (const auto share = share_of(value)) out_.opacity = std::clamp(*share, 0.0, 1.0);
    } else if (property == "filter" || property == "mix-blend-mode") {
      filter(property, value);
    }
  }

  // Filters and blending change the colour of a text, but not of what it stands on.
  void filter(std::string_view property, std::string_view value) {
    out_.picture_behind = out_.picture_behind || (value != "none" && value != "normal");
    if (property != "filter") return;
    filtered_ = 1;
    for (const std::string_view part : parts_of(value)) {
      const auto share = share_of(arguments_of(part, "opacity"));
      if (share) filtered_ *= *share;
    }
  }

  void geometry(std::string_view property, std::string_view value) {
    if (property == "position") {
      placed_ = value == "absolute" || value == "fixed";
      relative_ = value == "relative";
    } else if (property == "float") {
      floats_ = value == "left" || value == "right";
    } else if (property == "left" || property == "right") {
      away_[0] = property == "left" ? is_off_page(value) : is_far(value);
    } else if (property == "top" || property == "bottom") {
      away_[1] = property == "top" ? is_off_page(value) : is_far(value);
    } else if (property == "inset") {
      const auto parts = parts_of(value);
      away_[0] =
          is_off_page(edge(parts, 3)) || (edge(parts, 3) == "auto" && is_far(edge(parts, 1)));
      away_[1] =
          is_off_page(edge(parts, 0)) || (edge(parts, 0) == "auto" && is_far(edge(parts, 2)));
    } else if (property == "text-indent") {
      indented_ = is_off_page(value);
    } else if (property == "margin-left") {
      margin_ = is_off_page(value);
    } else if (property == "margin") {
      margin_ = is_off_page(edge(parts_of(value), 3));
    } else if (property == "clip") {
      clipped_ = is_empty_rect(value);
    } else if (property == "clip-path") {
      clip_path_ = is_empty_clip_path(value);
    } else if (property == "overflow") {
      cut_ = value == "hidden" || value == "clip";
    } else if (property == "width" || property == "height" || property == "max-height" ||
               property == "max-width") {
      small_ = small_ || is_pixels_below(value, kSmallestBox);
    }
  }

  void transformation(std::string_view property, std::string_view value) {
    if (property == "transform") {
      transformed_ = transform_of(value);
    } else if (property == "scale") {
      scale_ = value == "none" ? 1 : smaller(value, 2);
    } else if (property == "zoom") {
      if (const auto share = share_of(value)) zoom_ = *share == 0 ? 1 : *share;
    } else if (property == "translate") {
      const auto parts = parts_of(value);
      translated_ =
          (!parts.empty() && is_off_page(parts[0])) || (parts.size() > 1 && is_off_page(parts[1]));
    }
  }

  struct Painted {
    bool given = false;
    bool clear = false;
    std::optional<Colour> colour;
  };

  static void colour(Painted& out, std::string_view value) {
    if (value == "inherit" || value == "unset" || value == "currentcolor") return;
    out = {.given = true, .clear = is_clear(value), .colour = colour_of(value)};
  }

  InlineStyle out_;
  Painted text_;
  Painted fill_;
  Transformed transformed_;
  double filtered_ = 1;
  double zoom_ = 1;
  double scale_ = 1;
  bool away_[2] = {false, false};  // to the left, above
  bool placed_ = false;
  bool relative_ = false;
  bool floats_ = false;
  bool clipped_ = false;
  bool clip_path_ = false;
  bool cut_ = false;
  bool small_ = false;
  bool concealed_ = false;
  bool translated_ = false;
  bool indented_ = false;
  bool margin_ = false;
};

}  // namespace

InlineStyle read_inline_style(std::string_view style) {
  Reader reader;
  for (const Declaration& declaration : read_declarations(style)) {
    reader.declaration(declaration.property, declaration.value);
  }
  return reader.take();
}

}  // namespace gvm::html
