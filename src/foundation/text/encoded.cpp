#include "text/encoded.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"
#include "text/character_bits.h"
#include "text/json_scan.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

// Both alphabets of RFC 4648 (sections 4 and 5).
constexpr std::array<std::uint8_t, 256> kBase64 = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    table[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  table['-'] = 62;
  table['_'] = 63;
  return table;
}();

constexpr std::array<bool, 256> kInRun = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = kBase64[c] != kNoDigit;
  table['%'] = true;
  return table;
}();

constexpr std::size_t kShareOf = 100;
constexpr std::size_t kLeastLetters = 40;  // of a hundred characters, spaces too

// A part of a larger text may begin and end inside a character.
std::string_view without_cut_ends(std::string_view bytes) {
  constexpr std::size_t kMostCut = 3;
  for (std::size_t i = 0; i < kMostCut && !bytes.empty() && (bytes[0] & 0xC0) == 0x80; ++i)
    bytes.remove_prefix(1);
  for (std::size_t back = 1; back <= kMostCut && back <= bytes.size(); ++back) {
    const auto lead = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (lead < 0x80) break;
    if (lead < 0xC0) continue;
    if (!utf8::sequence_at(bytes, bytes.size() - back).valid) bytes.remove_suffix(back);
    break;
  }
  return bytes;
}

bool is_readable(std::string_view bytes) {
  std::size_t letters = 0;
  std::size_t all = 0;
  while (!bytes.empty()) {
    const auto c = first_code_point(bytes);
    if (c.bytes == 0 || (character_bits(c.value) & kControl) != 0) return false;
    const bool letter = (character_bits(c.value) & kLetter) != 0 || c.value == ' ';
    letters += letter ? 1 : 0;
    ++all;
    bytes.remove_prefix(c.bytes);
  }
  return all > 0 && letters * kShareOf >= all * kLeastLetters;
}

std::optional<std::string> bytes_of_hex(std::string_view run) {
  if (run.starts_with("0x") || run.starts_with("0X")) run.remove_prefix(2);
  if (run.size() < kLeastHex || run.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < run.size(); i += 2) {
    const int high = hex_digit(run[i]);
    const int low = hex_digit(run[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::optional<std::string> bytes_of_url(std::string_view run) {
  std::string out;
  std::size_t escapes = 0;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const bool escape = run[i] == '%' && i + 2 < run.size() && hex_digit(run[i + 1]) >= 0 &&
                        hex_digit(run[i + 2]) >= 0;
    if (!escape) {
      out += run[i];
      continue;
    }
    out += static_cast<char>(hex_digit(run[i + 1]) * 16 + hex_digit(run[i + 2]));
    ++escapes;
    i += 2;
  }
  if (escapes < kLeastEscapes) return std::nullopt;
  return out;
}

std::optional<Encoded> as_text(Encoding encoding, std::size_t size,
                               const std::optional<std::string>& bytes) {
  if (!bytes) return std::nullopt;
  const auto whole = without_cut_ends(*bytes);
  if (!is_readable(whole)) return std::nullopt;
  return Encoded{encoding, 0, size, std::string(whole)};
}

}  // namespace

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::base64:
      return "base64";
    case Encoding::hex:
      return "hex";
    case Encoding::url:
      return "url";
  }
  return "";
}

std::optional<std::string> decode_base64_run(std::string_view run) {
  while (run.ends_with('=')) run.remove_suffix(1);
  if (run.size() < kLeastBase64) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : run) {
    const auto digit = kBase64[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6 | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  return out;
}

std::size_t encoded_run(std::string_view text) {
  constexpr std::size_t kMostPadding = 2;
  const auto longest = std::min(text.size(), kLongestRun);
  std::size_t end = 0;
  while (end < longest && kInRun[static_cast<unsigned char>(text[end])]) ++end;
  if (end == 0) return 0;
  for (std::size_t i = 0; i < kMostPadding && end < longest && text[end] == '='; ++i) ++end;
  return end;
}

std::optional<Encoded> decode_run(std::string_view run) {
  constexpr std::size_t kLeastRun = 3 * kLeastEscapes;
  if (run.size() < kLeastRun) return std::nullopt;
  if (run.find('%') != std::string_view::npos)
    return as_text(Encoding::url, run.size(), bytes_of_url(run));
  if (auto hex = as_text(Encoding::hex, run.size(), bytes_of_hex(run))) return hex;
  const auto bytes = decode_base64_run(run);
  if (auto base64 = as_text(Encoding::base64, run.size(), bytes)) return base64;
  if (bytes && run.size() >= kLeastData) return Encoded{Encoding::base64, 0, run.size(), {}};
  return std::nullopt;
}

std::vector<Encoded> find_encoded(std::string_view text, std::size_t most) {
  std::vector<Encoded> found;
  for (std::size_t i = 0; i < text.size() && found.size() < most;) {
    const auto run = encoded_run(text.substr(i));
    if (auto blob = decode_run(text.substr(i, run))) {
      blob->begin = i;
      blob->end = i + run;
      found.push_back(std::move(*blob));
    }
    i += std::max<std::size_t>(run, 1);
  }
  return found;
}

}  // namespace gvm::text
