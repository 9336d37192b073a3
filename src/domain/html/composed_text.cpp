#include "html/composed_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "html/table_order.h"
#include "html/text_flow.h"

namespace gvm::html {

namespace {

constexpr char kBegin = '\x01';
constexpr char kLineBreak = '\x02';
constexpr char kEnd = '\x03';
constexpr char kEscape = '\x04';
constexpr char kSpan = '\x05';
constexpr std::string_view kMarks = "\x01\x02\x03\x04\x05";

Display display_of(char code) {
  switch (code) {
    case 'b':
      return Display::block;
    case 'p':
      return Display::paragraph;
    case 'r':
      return Display::row;
    case 'c':
      return Display::cell;
    default:
      return Display::inline_;
  }
}

Spaces spaces_of(char code) {
  if (code == 'k') return Spaces::keep;
  return code == 'l' ? Spaces::keep_lines : Spaces::collapse;
}

std::size_t take_number(std::string_view& rest, std::size_t most) {
  std::size_t number = 0;
  while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
    number = std::min(number * 10 + static_cast<std::size_t>(rest[0] - '0'), most);
    rest.remove_prefix(1);
  }
  return number;
}

// Bytes of the mark of a span.
std::size_t take_span(std::string_view mark, CellSpan& span) {
  std::string_view rest = mark.substr(1);
  span.columns = std::max<std::size_t>(1, take_number(rest, kMostColumns));
  if (rest.starts_with(',')) rest.remove_prefix(1);
  span.rows = take_number(rest, kMostRows);
  if (rest.starts_with(';')) rest.remove_prefix(1);
  return mark.size() - rest.size();
}

// Bytes of the mark at the start of `rest`, which it carries out.
std::size_t apply_mark(TextFlow& flow, CellSpan& span, std::string_view rest) {
  switch (rest[0]) {
    case kBegin:
      if (rest.size() < 3) return rest.size();
      flow.begin(display_of(rest[1]), spaces_of(rest[2]), std::exchange(span, {}));
      return 3;
    case kSpan:
      return take_span(rest, span);
    case kLineBreak:
      flow.line_break();
      return 1;
    case kEnd:
      flow.end();
      return 1;
    case kEscape:
      if (rest.size() > 1) flow.text(rest.substr(1, 1));
      return std::min<std::size_t>(2, rest.size());
    default:
      return 1;
  }
}

// The bytes 0x80 to 0x9F of windows-1252 (Encoding Standard); 0: the control character itself.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

// The byte that windows-1252 has for a code point; -1: none.
int windows_1252_byte(char32_t point) {
  if (point < 0x100) return static_cast<int>(point);
  for (std::size_t i = 0; i < kWindows1252.size(); ++i) {
    if (kWindows1252[i] == point) return static_cast<int>(0x80 + i);
  }
  return -1;
}

// The code point at the start of valid UTF-8, and its length.
struct Point {
  char32_t value;
  std::size_t size;
};
Point first_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size == 1 || size > text.size()) return {lead, 1};
  char32_t value = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) value = value << 6 | (byte(i) & 0x3FU);
  return {value, size};
}

}  // namespace

std::string composed_text(std::string_view marks) {
  TextFlow flow;
  CellSpan span;
  while (!marks.empty()) {
    const std::size_t plain = std::min(marks.find_first_of(kMarks), marks.size());
    flow.text(marks.substr(0, plain));
    marks.remove_prefix(plain);
    if (!marks.empty()) marks.remove_prefix(apply_mark(flow, span, marks));
  }
  return flow.take();
}

std::string reread_as_utf8(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  bool beyond_ascii = false;
  while (!text.empty()) {
    const Point point = first_point(text);
    text.remove_prefix(point.size);
    const int byte = windows_1252_byte(point.value);
    if (byte < 0) return {};
    beyond_ascii = beyond_ascii || byte >= 0x80;
    bytes += static_cast<char>(byte);
  }
  return beyond_ascii && is_valid_utf8(bytes) ? bytes : std::string();
}

}  // namespace gvm::html
