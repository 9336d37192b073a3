#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace gvm {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> base64_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr std::array<std::uint8_t, 256> hex_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNone);
  for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) {
    table['a' + i] = table['A' + i] = static_cast<std::uint8_t>(10 + i);
  }
  return table;
}

constexpr auto kBase64Values = base64_values();
constexpr auto kHexValues = hex_values();

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// Empty when padding is present but has the wrong length: it must complete the last group of four.
std::optional<std::string_view> without_padding(std::string_view text) {
  std::size_t padding = 0;
  while (padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  if (padding > 0 && (padding > 2 || text.size() % 4 != 0)) return std::nullopt;
  return text.substr(0, text.size() - padding);
}

}  // namespace

void base64_encode_to(std::string& out, std::string_view bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const unsigned group =
        byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    *to++ = kAlphabet[group >> 18];
    *to++ = kAlphabet[group >> 12 & 63];
    *to++ = kAlphabet[group >> 6 & 63];
    *to++ = kAlphabet[group & 63];
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return;
  const unsigned group = byte_at(bytes, i) << 16 | (rest == 2 ? byte_at(bytes, i + 1) << 8 : 0);
  *to++ = kAlphabet[group >> 18];
  *to++ = kAlphabet[group >> 12 & 63];
  *to++ = rest == 2 ? kAlphabet[group >> 6 & 63] : '=';
  *to = '=';
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  base64_encode_to(text, bytes);
  return text;
}

std::optional<std::string> base64_decode(std::string_view padded) {
  const auto text = without_padding(padded);
  if (!text || text->size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text->size() / 4 * 3 + 2);
  unsigned bits = 0;
  unsigned held = 0;  // how many of the low bits of `bits` are not written yet
  for (const char c : *text) {
    const unsigned value = kBase64Values[static_cast<unsigned char>(c)];
    if (value == kNone) return std::nullopt;
    bits = (bits << 6 | value) & 0xfff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<char>(bits >> held & 0xff));
  }
  // RFC 4648, 3.5: unused bits of the last character must be zero. Otherwise two texts would decode
  // to the same bytes.
  if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::string hex_encode(std::string_view bytes) {
  std::string text;
  text.resize(bytes.size() * 2);
  char* to = text.data();
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.resize(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = kHexValues[byte_at(text, 2 * i)];
    const unsigned low = kHexValues[byte_at(text, 2 * i + 1)];
    if (high == kNone || low == kNone) return std::nullopt;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  return bytes;
}

namespace {

// The automaton of RFC 3629, section 4. A state is the number of bits by which a row is shifted to
// get the next state, so that a byte takes one look-up, off the critical path, and one shift.
enum Utf8State : std::uint8_t {
  kWhole = 0,
  kOneMore = 6,
  kTwoMore = 12,
  kThreeMore = 18,
  kAfterE0 = 24,
  kAfterEd = 30,
  kAfterF0 = 36,
  kAfterF4 = 42,
  kInvalid = 48,
};

struct Utf8Edge {
  Utf8State from;
  unsigned first;  // of the bytes that lead on
  unsigned last;
  Utf8State to;
};

constexpr auto kUtf8Edges = std::to_array<Utf8Edge>({
    {kWhole, 0x00, 0x7f, kWhole},
    {kWhole, 0xc2, 0xdf, kOneMore},
    {kWhole, 0xe0, 0xe0, kAfterE0},
    {kWhole, 0xe1, 0xec, kTwoMore},
    {kWhole, 0xed, 0xed, kAfterEd},
    {kWhole, 0xee, 0xef, kTwoMore},
    {kWhole, 0xf0, 0xf0, kAfterF0},
    {kWhole, 0xf1, 0xf3, kThreeMore},
    {kWhole, 0xf4, 0xf4, kAfterF4},
    {kOneMore, 0x80, 0xbf, kWhole},
    {kTwoMore, 0x80, 0xbf, kOneMore},
    {kThreeMore, 0x80, 0xbf, kTwoMore},
    {kAfterE0, 0xa0, 0xbf, kOneMore},
    {kAfterEd, 0x80, 0x9f, kOneMore},
    {kAfterF0, 0x90, 0xbf, kTwoMore},
    {kAfterF4, 0x80, 0x8f, kTwoMore},
});

constexpr auto kUtf8Rows = [] {
  std::array<std::uint64_t, 256> rows{};
  for (auto& row : rows) {
    for (unsigned from = kWhole; from <= kInvalid; from += kOneMore)
      row |= std::uint64_t{kInvalid} << from;
  }
  for (const Utf8Edge& edge : kUtf8Edges) {
    for (unsigned byte = edge.first; byte <= edge.last; ++byte)
      rows[byte] ^= std::uint64_t{kInvalid ^ unsigned{edge.to}} << edge.from;
  }
  return rows;
}();

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  constexpr std::size_t kBlock = 256;
  std::uint64_t state = kWhole;
  for (std::size_t at = 0; at < bytes.size();) {
    if (state == kWhole) at += utf8::ascii_prefix(bytes.substr(at));
    const std::size_t end = std::min(bytes.size(), at + kBlock);
    for (; at < end; ++at) state = kUtf8Rows[byte_at(bytes, at)] >> state & 63;
    if (state == kInvalid) return false;
  }
  return state == kWhole;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t ascii = utf8::ascii_prefix(bytes.substr(at));
    out.append(bytes.substr(at, ascii));
    at += ascii;
    if (at == bytes.size()) break;
    const auto sequence = utf8::sequence_at(bytes, at);
    out.append(sequence.valid ? bytes.substr(at, sequence.length) : utf8::kReplacement);
    at += sequence.length;
  }
  return out;
}

}  // namespace gvm
