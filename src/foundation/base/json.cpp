#include "base/json.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/encoding.h"
#include "base/utf8.h"

namespace gvm::json {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// Non-zero when one of the eight bytes is a quote, a backslash, a control character or not ASCII.
std::uint64_t special_bytes(std::uint64_t word) {
  const auto has_zero = [](std::uint64_t w) { return (w - kOnes) & ~w; };
  const std::uint64_t quote = has_zero(word ^ kOnes * '"');
  const std::uint64_t backslash = has_zero(word ^ kOnes * '\\');
  const std::uint64_t control = word - kOnes * 0x20;
  return (quote | backslash | control | word) & kHighs;
}

// Length of the run at the front that can be copied unchanged. It may stop early, at a byte that
// the caller then examines.
std::size_t plain_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof word);
    if (special_bytes(word) != 0) break;
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
  }
  return i;
}

void write_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void write_real(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

void write_array(std::string& out, const Value::Array& items) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    write_to(out, item);
  }
  out += ']';
}

void write_map(std::string& out, const Value::Map& map) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : map) {
    if (!first) out += ',';
    first = false;
    write_string_to(out, key.view());
    out += ':';
    write_to(out, value);
  }
  out += '}';
}

void write_bytes(std::string& out, std::string_view bytes) {
  out += '"';
  base64_encode_to(out, bytes);
  out += '"';
}

void write_address(std::string& out, const Address& address) {
  out += "\"0x";
  out += hex_encode({reinterpret_cast<const char*>(address.data()), address.size()});
  out += '"';
}

}  // namespace

void write_string_to(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;  // start of what has not been copied yet
  std::size_t at = 0;
  while (true) {
    at += plain_prefix(text.substr(at));
    if (at == text.size()) break;
    const auto sequence = utf8::sequence_at(text, at);
    if (sequence.valid && sequence.length > 1) {
      at += sequence.length;
      continue;
    }
    out.append(text.substr(run, at - run));
    if (sequence.valid) {
      write_escape(out, text[at]);
    } else {
      out.append(utf8::kReplacement);
    }
    at += sequence.length;
    run = at;
  }
  out.append(text.substr(run));
  out += '"';
}

void write_to(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      out += "null";
      return;
    case Value::Kind::boolean:
      out += *value.as_bool() ? "true" : "false";
      return;
    case Value::Kind::integer:
      out += value.as_integer()->to_string();
      return;
    case Value::Kind::real:
      write_real(out, *value.as_real());
      return;
    case Value::Kind::string:
      write_string_to(out, *value.as_string());
      return;
    case Value::Kind::bytes:
      write_bytes(out, *value.as_bytes());
      return;
    case Value::Kind::address:
      write_address(out, *value.as_address());
      return;
    case Value::Kind::array:
      write_array(out, *value.as_array());
      return;
    case Value::Kind::map:
      write_map(out, *value.as_map());
      return;
  }
}

std::string write(const Value& value) {
  std::string out;
  write_to(out, value);
  return out;
}

}  // namespace gvm::json
