#pragma once
// What the `style` attribute of an element says about how its text is shown. Style sheets are not
// read: without a browser a page is what its elements and their own styles say.
#include <cstdint>
#include <optional>
#include <string_view>

#include "html/text_flow.h"

namespace gvm::html {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};
// CSS Color 4: hexadecimal, rgb(), hsl() and the names of HTML 4; nothing for other forms and for
// what is not opaque.
std::optional<Colour> colour_of(std::string_view css);
// Whether it is (almost) transparent: "transparent", or an alpha under 0.05.
bool is_clear(std::string_view css);
// A contrast of WCAG 2 under 1.1, and no part of the colour differs by more than 32 of 255: nobody
// reads text of one colour on the other. (The contrast alone says nothing of blue on dark green.)
bool is_same_to_the_eye(Colour text, Colour background);

struct InlineStyle {
  std::optional<Display> display;
  bool out_of_line = false;       // floats, or is placed by coordinates: laid out as a block
  bool items = false;             // a flex or grid container: its children are blocks
  std::optional<bool> hidden;     // by `visibility`; inherited
  std::optional<Spaces> spaces;   // inherited
  std::optional<bool> tiny;       // a font size under 2 px; inherited
  std::optional<Colour> colour;   // inherited
  bool other_colour = false;      // one of a form that is not read
  std::optional<bool> clear;      // a transparent colour; inherited
  std::optional<bool> decorated;  // by a shadow, which shows a text of any colour; inherited
  bool cut_out = false;           // the background is painted in the shape of the text
  double opacity = 1;             // of all inside; those around multiply
  double scale = 1;               // of zoom and transforms; those around multiply
  std::optional<Colour> background;
  bool picture_behind = false;  // a background that is no plain colour
  // The element with all that it holds: faint, clipped away or moved off the page.
  bool unseen = false;
  bool away = false;  // for standing off the page; its box is laid out
};

// Linear in the length of `style`, which is read by CSS's syntax (css_declarations.h). Unknown
// properties and values count as absent.
InlineStyle read_inline_style(std::string_view style);

}  // namespace gvm::html
