// Identity numbers by country, and addresses of the Internet.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "base/ascii.h"
#include "guard/checksums.h"
#include "guard/personal.h"

namespace gvm::guard {
namespace {

// A number of digits: with separators as people write it, or near a word that names it.
struct Numbered {
  std::string_view label;
  std::size_t size;
  bool (*holds)(std::string_view);
  std::string_view form;  // "DDD.DDD.DDD-DD": enough without a word; empty: never
  std::vector<std::string_view> words;
};

const std::vector<Numbered>& numbered() {
  static const std::vector<Numbered> kIds = {
      {"cpf", 11, is_cpf, "DDD.DDD.DDD-DD", {"cpf"}},
      {"pesel", 11, is_pesel, "", {"pesel"}},
      {"steuer_id",
       11,
       is_steuer_id,
       "",
       {"steuer", "steuernummer", "tax id", "tax number", "idnr", "steuer-id",
        "identifikationsnummer"}},
      {"bsn", 9, is_bsn, "", {"bsn", "burgerservice", "sofi"}},
      {"nhs", 10, is_nhs, "", {"nhs"}},
      {"personnummer", 10, is_personnummer, "", {"personnummer", "personal number"}},
      {"nir",
       15,
       is_nir,
       "D DD DD DD DDD DDD DD",
       {"nir", "insee", "s\u00e9curit\u00e9 sociale", "securite sociale"}},
      {"ssn", 9, is_ssn, "", {"ssn", "social security", "soc sec"}},
      {"aadhaar",
       12,
       passes_verhoeff,
       "",
       {"aadhaar", "aadhar", "uidai", "\u0906\u0927\u093e\u0930"}},
  };
  return kIds;
}

bool has_form(std::string_view text, std::string_view form) {
  if (form.empty() || text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == 'D' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

const Numbered* id_of(std::string_view text, std::string_view digits, Span span) {
  for (const auto& id : numbered()) {
    if (digits.size() != id.size || !id.holds(digits)) continue;
    if (has_form(text.substr(span.begin, span.end - span.begin), id.form) ||
        has_context(text, span.begin, id.words))
      return &id;
  }
  return nullptr;
}

// The longest number that begins with tokens[first] and is one of these.
bool find_numbered(const Reading& reading, std::size_t& first, const Report& report) {
  constexpr std::size_t kMost = 15;
  const auto text = reading.clean.text();
  auto joined = join_digits(text, reading.tokens(), first, " .-/", kMost);
  for (auto last = joined.last;; --last) {
    const Span span{reading.tokens()[first].begin, reading.tokens()[last].end};
    if (const auto* const id = id_of(text, joined.digits, span)) {
      first = last;
      return report(span, id->label, 0);
    }
    if (last == first) return true;
    joined.digits.resize(joined.digits.size() - reading.tokens()[last].size());
  }
}

std::string uppercase(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

// Those with letters: one token.
std::string_view lettered(std::string_view token) {
  if (token.size() == 9 && is_dni(uppercase(token))) return "dni";
  if (token.size() == 16 && is_codice_fiscale(uppercase(token))) return "codice_fiscale";
  if (token.size() == 18 && is_chinese_id(token)) return "resident_id";
  return {};
}

// "12345678-Z"
bool hyphened_dni(const Reading& reading, std::size_t i) {
  const auto text = reading.clean.text();
  if (i + 1 >= reading.tokens().size()) return false;
  const auto& digits = reading.tokens()[i];
  const auto& letter = reading.tokens()[i + 1];
  return digits.size() == 8 && letter.size() == 1 && letter.letters &&
         letter.begin == digits.end + 1 && text[digits.end] == '-' &&
         is_dni(uppercase(std::string(text_of(text, digits)) + std::string(text_of(text, letter))));
}

bool is_public(const in_addr& address) {
  const auto value = ntohl(address.s_addr);
  const auto in = [value](std::uint32_t prefix, int bits) {
    return value >> (32 - bits) == prefix >> (32 - bits);
  };
  // RFC 6890: this host, private, shared, loopback, link-local, documentation, benchmarks,
  // multicast and reserved.
  return !(in(0, 8) || in(0x0A000000, 8) || in(0x64400000, 10) || in(0x7F000000, 8) ||
           in(0xA9FE0000, 16) || in(0xAC100000, 12) || in(0xC0000000, 24) || in(0xC0000200, 24) ||
           in(0xC0A80000, 16) || in(0xC6120000, 15) || in(0xC6336400, 24) || in(0xCB007100, 24) ||
           in(0xE0000000, 3));
}

constexpr bool continues(char c) {
  return c == '.' || c == '-' || c == '_' || c == '/' || (c >= '0' && c <= '9') ||
         (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Four numbers that are no version: no "v", no word such as "version" before.
Span ipv4_at(const Reading& reading, std::size_t first) {
  static const std::vector<std::string_view> kVersions = {"version", "ver",     "release", "v",
                                                          "build",   "section", "chapter"};
  constexpr std::size_t kNear = 12;
  const auto text = reading.clean.text();
  if (first + 3 >= reading.tokens().size()) return {};
  for (auto i = first; i < first + 4; ++i) {
    const auto& token = reading.tokens()[i];
    const bool dotted = i == first || (token.begin == reading.tokens()[i - 1].end + 1 &&
                                       text[token.begin - 1] == '.');
    if (!token.digits || token.size() > 3 || !dotted) return {};
  }
  const Span span{reading.tokens()[first].begin, reading.tokens()[first + 3].end};
  if (span.begin > 0 && continues(text[span.begin - 1]) && text[span.begin - 1] != '/') return {};
  const bool longer = span.end + 1 < text.size() &&
                      (text[span.end] == '.' || text[span.end] == '-') &&
                      text[span.end + 1] >= '0' && text[span.end + 1] <= '9';
  in_addr address{};
  const std::string dotted(text.substr(span.begin, span.end - span.begin));
  if (longer || inet_pton(AF_INET, dotted.c_str(), &address) != 1 || !is_public(address)) return {};
  return has_context(text, span.begin, kVersions, kNear) ? Span{} : span;
}

// Global unicast (RFC 4291: 2000::/3) but documentation (2001:db8::/32, 3fff::/20).
Span ipv6_at(const Reading& reading, std::size_t first) {
  constexpr std::size_t kLongest = 45;
  const auto text = reading.clean.text();
  const auto begin = reading.tokens()[first].begin;
  if (begin > 0 && (text[begin - 1] == ':' || continues(text[begin - 1]))) return {};
  auto end = static_cast<std::size_t>(begin);
  while (end < text.size() && end - begin < kLongest &&
         (text[end] == ':' || std::isxdigit(static_cast<unsigned char>(text[end])) != 0))
    ++end;
  while (end > begin && text[end - 1] == ':' && !(end - begin > 1 && text[end - 2] == ':')) --end;
  const std::string written(text.substr(begin, end - begin));
  in6_addr address{};
  if (inet_pton(AF_INET6, written.c_str(), &address) != 1) return {};
  const auto* const bytes = address.s6_addr;
  const bool documentation =
      (bytes[0] == 0x20 && bytes[1] == 1 && bytes[2] == 0x0D && bytes[3] == 0xB8) ||
      (bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] < 0x10);
  return (bytes[0] & 0xE0) == 0x20 && !documentation ? Span{begin, end} : Span{};
}

}  // namespace

bool find_national_ids(const Reading& reading, const Report& report) {
  const auto text = reading.clean.text();
  for (std::size_t i = 0; i < reading.tokens().size(); ++i) {
    const auto& token = reading.tokens()[i];
    if (token.letters) continue;
    if (const auto label = lettered(text_of(text, token)); !label.empty()) {
      if (!report({token.begin, token.end}, label, 0)) return false;
    } else if (token.digits && hyphened_dni(reading, i)) {
      if (!report({token.begin, reading.tokens()[i + 1].end}, "dni", 0)) return false;
    } else if (token.digits && !find_numbered(reading, i, report)) {
      return false;
    }
  }
  return true;
}

bool find_addresses(const Reading& reading, const Report& report) {
  const auto text = reading.clean.text();
  for (std::size_t i = 0; i < reading.tokens().size(); ++i) {
    const auto& token = reading.tokens()[i];
    const bool followed = token.end < text.size();
    if (token.digits && token.size() <= 3 && followed && text[token.end] == '.') {
      if (const auto span = ipv4_at(reading, i); span.end > 0 && !report(span, "ip", 0))
        return false;
    } else if (token.size() == 4 && !token.letters && followed && text[token.end] == ':' &&
               (text[token.begin] == '2' || text[token.begin] == '3')) {
      if (const auto span = ipv6_at(reading, i); span.end > 0 && !report(span, "ip", 0))
        return false;
    }
  }
  return true;
}

}  // namespace gvm::guard
