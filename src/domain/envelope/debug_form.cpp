#include "envelope/debug_form.h"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/encoding.h"

namespace gvm::envelope {
namespace {

// Rust's core::unicode::printable accepts everything but control, format, private-use, unassigned
// and separator characters; the space is accepted.
bool is_printable(UChar32 c) {
  constexpr std::uint32_t kHidden = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK |
                                    U_GC_CN_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_ZS_MASK;
  return c == ' ' || (U_GET_GC_MASK(c) & kHidden) == 0;
}

bool is_escaped(UChar32 c) {
  return !is_printable(c) || u_hasBinaryProperty(c, UCHAR_GRAPHEME_EXTEND) != 0;
}

// The short escape of a character ("\n"); empty when it has none.
std::string_view short_escape(UChar32 c) {
  switch (c) {
    case '\0':
      return "\\0";
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    default:
      return {};
  }
}

// Of valid UTF-8, by its first byte.
std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

UChar32 code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  UChar32 code = first & (0x7F >> character.size());
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return code;
}

void write_text(std::string& out, std::string_view raw) {
  const std::string valid = to_valid_utf8(raw);
  out += '"';
  for (std::string_view rest = valid; !rest.empty();) {
    const std::string_view character = rest.substr(0, sequence_length(rest.front()));
    const UChar32 c = code_point(character);
    rest.remove_prefix(character.size());
    if (const auto escape = short_escape(c); !escape.empty())
      out += escape;
    else if (is_escaped(c))
      fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(c));
    else
      out += character;
  }
  out += '"';
}

// `digits` are the significant digits of a number; the first one has the value 10^exponent.
std::string in_positions(std::string_view digits, int exponent) {
  const auto count = static_cast<int>(digits.size());
  std::string text;
  if (exponent < 0) {
    text = "0.";
    text.append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  } else if (exponent + 1 >= count) {
    text.append(digits).append(static_cast<std::size_t>(exponent + 1 - count), '0').append(".0");
  } else {
    const auto whole = static_cast<std::size_t>(exponent + 1);
    text.append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
  }
  return text;
}

std::string in_exponent_form(std::string_view digits, int exponent) {
  std::string text(digits.substr(0, 1));
  if (digits.size() > 1) text.append(".").append(digits.substr(1));
  return text + "e" + std::to_string(exponent);
}

void write_value(std::string& out, const Value& value);

void write_map(std::string& out, const Value::Map& map) {
  out += '{';
  std::string_view separator;
  for (const auto& [key, value] : map) {
    out += separator;
    write_text(out, key.view());
    out += ": ";
    write_value(out, value);
    separator = ", ";
  }
  out += '}';
}

void write_array(std::string& out, const Value::Array& items) {
  out += "Array([";
  std::string_view separator;
  for (const auto& item : items) {
    out += separator;
    write_value(out, item);
    separator = ", ";
  }
  out += "])";
}

template <class Bytes>
void write_bytes(std::string& out, const Bytes& bytes) {
  out += "Bytes([";
  std::string_view separator;
  for (const auto byte : bytes) {
    out += separator;
    out += std::to_string(static_cast<unsigned char>(byte));
    separator = ", ";
  }
  out += "])";
}

void write_number(std::string& out, double number) {
  out.append("Number(").append(debug_number(number)).append(")");
}

void write_value(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      out += "Null";
      break;
    case Value::Kind::boolean:
      out += *value.as_bool() ? "Bool(true)" : "Bool(false)";
      break;
    case Value::Kind::integer:
      write_number(out, value.as_integer()->to_double());
      break;
    case Value::Kind::real:
      write_number(out, *value.as_real());
      break;
    case Value::Kind::string:
      out += "Str(";
      write_text(out, *value.as_string());
      out += ')';
      break;
    case Value::Kind::bytes:
      write_bytes(out, *value.as_bytes());
      break;
    case Value::Kind::address:
      write_bytes(out, *value.as_address());
      break;
    case Value::Kind::array:
      write_array(out, *value.as_array());
      break;
    case Value::Kind::map:
      out += "Map(";
      write_map(out, *value.as_map());
      out += ')';
      break;
  }
}

}  // namespace

std::string debug_text(std::string_view text) {
  std::string out;
  write_text(out, text);
  return out;
}

// The form of Rust's Debug for f64: the shortest digits that read back as the same number;
// positional for magnitudes from 1e-4 up to 1e16, else with an exponent.
std::string debug_number(double number) {
  constexpr double kLeastInPositions = 1e-4;
  constexpr double kFirstWithExponent = 1e16;
  if (std::isnan(number)) return "NaN";
  const std::string sign = std::signbit(number) ? "-" : "";
  const double magnitude = std::fabs(number);
  if (std::isinf(magnitude)) return sign + "inf";
  if (magnitude == 0) return sign + "0.0";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude,
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const auto e = scientific.find('e');
  std::string digits(scientific.substr(0, e));
  std::erase(digits, '.');
  const int exponent = std::atoi(scientific.data() + e + 1);
  const bool positions = magnitude >= kLeastInPositions && magnitude < kFirstWithExponent;
  return sign + (positions ? in_positions(digits, exponent) : in_exponent_form(digits, exponent));
}

std::string debug_form(const Error& error) {
  std::string out = "ModuleError { causes: [";
  std::string_view separator;
  for (const auto& cause : error.causes()) {
    out += separator;
    write_text(out, cause);
    separator = ", ";
  }
  out.append("], fatal: ").append(error.fatal() ? "true" : "false").append(", ctx: ");
  write_map(out, *error.ctx().as_map());
  return out + " }";
}

}  // namespace gvm::envelope
