#include "html/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ucnv_err.h>

#include <array>
#include <memory>

#include "base/encoding.h"
#include "base/utf8.h"
#include "text/utf8.h"

namespace gvm::html {

namespace {

struct Mark {
  std::string_view bytes;
  std::string_view label;
};
constexpr Mark kMarks[] = {
    {"\xEF\xBB\xBF", "utf-8"}, {"\xFE\xFF", "utf-16be"}, {"\xFF\xFE", "utf-16le"}};

// What the table must hold.
Encoding standard(std::string_view label) {
  return encoding_of(label).value_or(Encoding{"UTF-8", ""});
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// Code points of the bytes from 0x80 on; all in the basic plane.
using HighHalf = std::array<char16_t, 128>;

HighHalf windows_1252() {
  constexpr char16_t kC1[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  HighHalf table{};
  for (unsigned i = 0; i < 128; ++i) {
    table[i] = i < 32 ? kC1[i] : static_cast<char16_t>(0x80 + i);
  }
  return table;
}

// Debian's ICU has no table for it.
HighHalf iso_8859_16() {
  constexpr std::u16string_view kFromA1 =
      u"ĄąŁ€„Š§š©Ș«Ź\u00ADźŻ°±ČłŽ”¶·žčș»ŒœŸżÀÁÂĂÄĆÆÇÈÉÊËÌÍÎÏĐŃÒÓÔŐÖŚŰÙÚÛÜĘȚßàáâăäćæçèéêëìíîïđńòóôőö"
      u"śűùúûüęțÿ";
  HighHalf table{};
  for (unsigned i = 0; i < 128; ++i) {
    table[i] = i < 0x21 ? static_cast<char16_t>(0x80 + i) : kFromA1[i - 0x21];
  }
  return table;
}

HighHalf user_defined() {
  HighHalf table{};
  for (unsigned i = 0; i < 128; ++i) table[i] = static_cast<char16_t>(0xF780 + i);
  return table;
}

std::string decode_single_bytes(std::string_view bytes, const HighHalf& table) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte < 0x80 ? byte : table[byte - 0x80]);
  }
  return out;
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

// ICU's own writes U+001A for some.
void write_replacement(const void*, UConverterToUnicodeArgs* arguments, const char*, std::int32_t,
                       UConverterCallbackReason reason, UErrorCode* status) {
  if (reason > UCNV_IRREGULAR) return;
  constexpr UChar kReplacement = 0xFFFD;
  *status = U_ZERO_ERROR;
  ucnv_cbToUWriteUChars(arguments, &kReplacement, 1, 0, status);
}

Converter open_converter(const char* name) {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(name, &status));
  return U_FAILURE(status) ? nullptr : std::move(converter);
}

std::string decode_by_icu(std::string_view bytes, const char* name) {
  const Converter from = open_converter(name);
  const Converter to = open_converter("UTF-8");
  if (from == nullptr || to == nullptr) return to_valid_utf8(bytes);
  UErrorCode status = U_ZERO_ERROR;
  ucnv_setToUCallBack(from.get(), write_replacement, nullptr, nullptr, nullptr, &status);
  std::string out;
  std::array<char, 16384> buffer;
  std::array<UChar, 4096> pivot;
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  const char* source = bytes.data();
  UBool reset = 1;
  status = U_BUFFER_OVERFLOW_ERROR;
  while (status == U_BUFFER_OVERFLOW_ERROR) {
    status = U_ZERO_ERROR;
    char* target = buffer.data();
    ucnv_convertEx(to.get(), from.get(), &target, buffer.data() + buffer.size(), &source,
                   bytes.data() + bytes.size(), pivot.data(), &pivot_source, &pivot_target,
                   pivot.data() + pivot.size(), reset, 1, &status);
    reset = 0;
    out.append(buffer.data(), static_cast<std::size_t>(target - buffer.data()));
  }
  return out;
}

std::string decode_as(std::string_view bytes, const Encoding& encoding) {
  static const HighHalf kWindows1252 = windows_1252();
  static const HighHalf kIso16 = iso_8859_16();
  static const HighHalf kUserDefined = user_defined();
  if (encoding.converter[0] != '\0') return decode_by_icu(bytes, encoding.converter);
  if (encoding.name == "windows-1252") return decode_single_bytes(bytes, kWindows1252);
  if (encoding.name == "ISO-8859-16") return decode_single_bytes(bytes, kIso16);
  if (encoding.name == "x-user-defined") return decode_single_bytes(bytes, kUserDefined);
  // Encodings that were used to hide scripts from filters are never decoded (Encoding Standard,
  // 4.2).
  if (encoding.name == "replacement") return std::string(bytes.empty() ? "" : utf8::kReplacement);
  return to_valid_utf8(bytes);
}

}  // namespace

Decoded decode(std::string_view bytes, std::string_view label) {
  for (const Mark& mark : kMarks) {
    if (!bytes.starts_with(mark.bytes)) continue;
    const Encoding encoding = standard(mark.label);
    return {decode_as(bytes.substr(mark.bytes.size()), encoding), encoding.name};
  }
  std::optional<Encoding> encoding = encoding_of(label);
  if (!encoding) encoding = prescan_meta(bytes);
  if (!encoding) {
    const bool utf8 = text::find_invalid_utf8(bytes) == text::kAllValid;
    encoding = standard(utf8 ? "utf-8" : "windows-1252");
  }
  return {decode_as(bytes, *encoding), encoding->name};
}

}  // namespace gvm::html
