#include "url/host.h"

#include <unicode/bytestream.h>
#include <unicode/idna.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/encoding.h"
#include "url/idna_table.h"
#include "url/percent.h"
#include "url/url.h"

namespace gvm::url {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// One number of an IPv4 address: decimal, octal after "0", hexadecimal after "0x". Values over 32
// bits become 2^32.
std::optional<std::uint64_t> ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int base = 10;
  if (text.size() >= 2 && text[0] == '0') {
    base = (text[1] | 0x20) == 'x' ? 16 : 8;
    text.remove_prefix(base == 16 ? 2 : 1);
  }
  std::uint64_t sum = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0 || digit >= base) return std::nullopt;
    sum = std::min<std::uint64_t>(sum * static_cast<unsigned>(base) + static_cast<unsigned>(digit),
                                  1ULL << 32);
  }
  return sum;
}

// URL Standard, 3.6: the "ends in a number checker".
bool ends_in_number(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  const auto last = domain.substr(domain.rfind('.') + 1);
  if (!last.empty() && std::ranges::all_of(last, is_digit)) return true;
  return last.size() >= 2 && last[0] == '0' && (last[1] | 0x20) == 'x' &&
         ipv4_number(last).has_value();
}

void append_number(std::string& out, unsigned value, int base) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

const char* append_ipv4(std::string& out, std::string_view text) {
  static constexpr const char* kBad = "its host is no IPv4 address, but ends in a number";
  constexpr std::size_t kMaxParts = 4;
  if (text.ends_with('.')) text.remove_suffix(1);
  std::uint64_t address = 0;
  std::size_t parts = 0;
  while (true) {
    const auto dot = text.find('.');
    const auto number = ipv4_number(text.substr(0, dot));
    if (!number || ++parts > kMaxParts) return kBad;
    if (dot == std::string_view::npos) {
      const auto free_bits = 8 * (kMaxParts + 1 - parts);
      if (*number >= 1ULL << free_bits) return kBad;
      address = address << free_bits | *number;
      break;
    }
    if (*number > 255) return kBad;
    address = address << 8 | *number;
    text.remove_prefix(dot + 1);
  }
  for (int shift = 24; shift >= 0; shift -= 8) {
    append_number(out, static_cast<unsigned>(address >> shift & 0xFF), 10);
    if (shift > 0) out += '.';
  }
  return nullptr;
}

constexpr std::size_t kPieces = 8;
using Pieces = std::array<std::uint16_t, kPieces>;

// The IPv4 tail of an IPv6 address: four decimal numbers without leading zeros, into two pieces.
bool ipv4_tail(std::string_view text, Pieces& pieces, std::size_t at) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (failure != std::errc{} || value > 255 || (digits > 1 && text[0] == '0')) return false;
    text.remove_prefix(digits);
    auto& piece = pieces[at + static_cast<std::size_t>(i) / 2];
    piece = static_cast<std::uint16_t>(piece << 8 | value);
  }
  return text.empty();
}

std::optional<Pieces> parse_ipv6(std::string_view text) {
  Pieces pieces{};
  std::size_t index = 0;
  std::optional<std::size_t> gap;
  if (text.starts_with(':')) {
    if (!text.starts_with("::")) return std::nullopt;
    text.remove_prefix(2);
    gap = 0;
  }
  while (!text.empty()) {
    if (index == kPieces) return std::nullopt;
    if (text[0] == ':') {
      if (gap) return std::nullopt;
      text.remove_prefix(1);
      gap = index;
      continue;
    }
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < 4 && digits < text.size() && hex_value(text[digits]) >= 0) {
      value = value << 4 | static_cast<unsigned>(hex_value(text[digits++]));
    }
    const char next = digits < text.size() ? text[digits] : '\0';
    if (next == '.') {
      if (digits == 0 || index > kPieces - 2 || !ipv4_tail(text, pieces, index))
        return std::nullopt;
      index += 2;
      break;
    }
    if (digits == 0) return std::nullopt;
    pieces[index++] = static_cast<std::uint16_t>(value);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (next != ':' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!gap) return index == kPieces ? std::optional(pieces) : std::nullopt;
  if (index == kPieces) return std::nullopt;
  std::rotate(pieces.begin() + static_cast<std::ptrdiff_t>(*gap),
              pieces.begin() + static_cast<std::ptrdiff_t>(index), pieces.end());
  return pieces;
}

struct Run {
  std::size_t begin = 0;
  std::size_t size = 0;
};

// The first longest run of zero pieces, of at least two pieces.
Run compressed(const Pieces& pieces) {
  Run best;
  for (std::size_t i = 0; i < kPieces;) {
    std::size_t end = i;
    while (end < kPieces && pieces[end] == 0) ++end;
    if (end - i > std::max<std::size_t>(best.size, 1)) best = {i, end - i};
    i = end + 1;
  }
  return best;
}

void append_ipv6(std::string& out, const Pieces& pieces) {
  const Run zeros = compressed(pieces);
  out += '[';
  for (std::size_t i = 0; i < kPieces;) {
    if (zeros.size > 0 && i == zeros.begin) {
      out += i == 0 ? "::" : ":";
      i += zeros.size;
      continue;
    }
    append_number(out, pieces[i], 16);
    if (++i < kPieces) out += ':';
  }
  out += ']';
}

const char* append_bracketed(std::string& out, std::string_view input) {
  if (!input.ends_with(']')) return "the bracket of its host is not closed";
  const auto pieces = parse_ipv6(input.substr(1, input.size() - 2));
  if (!pieces) return "its host is no IPv6 address";
  append_ipv6(out, *pieces);
  return nullptr;
}

// UTS #46, not transitional; CheckHyphens and VerifyDnsLength are false (URL Standard, 3.3), so
// their findings do not count.
std::optional<std::string> idna_to_ascii(std::string_view domain) {
  static constexpr std::uint32_t kTolerated =
      UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG | UIDNA_ERROR_DOMAIN_NAME_TOO_LONG |
      UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(icu::IDNA::createUTS46Instance(
      UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |
          UIDNA_NONTRANSITIONAL_TO_UNICODE,
      status));
  if (U_FAILURE(status)) return std::nullopt;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::IDNAInfo info;
  const std::string mapped = with_recent_mappings(domain);
  const icu::StringPiece piece(mapped.data(), static_cast<std::int32_t>(mapped.size()));
  idna->nameToASCII_UTF8(piece, sink, info, status);
  if (U_FAILURE(status) || (info.getErrors() & ~kTolerated) != 0) return std::nullopt;
  return out;
}

void lower_to(std::string& out, std::string_view text) {
  const auto from = out.size();
  out += text;
  for (auto i = from; i < out.size(); ++i) {
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] | 0x20);
  }
}

const char* append_domain(std::string& out, std::string_view input) {
  const auto from = out.size();
  if (is_ascii(input) && !input.contains('%')) {
    lower_to(out, input);
  } else {
    const auto ascii = domain_to_ascii(to_valid_utf8(percent_decode(input)));
    if (!ascii) return "its host is no domain name";
    out += *ascii;
  }
  const auto domain = std::string_view(out).substr(from);
  if (domain.empty()) return "its host is empty";
  if (std::ranges::any_of(domain, [](char c) { return kForbiddenDomain.has(c); })) {
    return "its host has a forbidden character";
  }
  if (!ends_in_number(domain)) return nullptr;
  const std::string number(domain);
  out.resize(from);
  return append_ipv4(out, number);
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool room = text[i] == '%' && text.size() - i > 2;
    const int high = room ? hex_value(text[i + 1]) : -1;
    const int low = room ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::optional<std::string> domain_to_ascii(std::string_view domain) {
  std::string out;
  if (is_ascii(domain)) {
    lower_to(out, domain);
    return out;
  }
  auto ascii = idna_to_ascii(domain);
  return ascii && !ascii->empty() && is_ascii(*ascii) ? std::move(ascii) : std::nullopt;
}

const char* append_host(std::string& out, std::string_view input, HostKind kind) {
  if (input.starts_with('[')) return append_bracketed(out, input);
  if (kind == HostKind::domain) return append_domain(out, input);
  if (std::ranges::any_of(input, [](char c) { return kForbiddenHost.has(c); })) {
    return "its host has a forbidden character";
  }
  encode_to(out, input, kC0Control);
  return nullptr;
}

}  // namespace gvm::url
