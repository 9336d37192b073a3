#include "text/search_form.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/ascii.h"
#include "text/character_bits.h"
#include "text/code_point_table.h"
#include "text/confusable.h"
#include "text/json_scan.h"

namespace gvm::text {
namespace {

using Get = const icu::Normalizer2* (*)(UErrorCode&);

icu::UnicodeString normal(Get get, const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* const form = get(status);
  if (U_FAILURE(status)) return text;
  auto out = form->normalize(text, status);
  return U_SUCCESS(status) ? out : text;
}

bool is_ignorable(char32_t c) {
  return (c >= 0xD800 && c <= 0xDFFF) || (character_bits(c) & kIgnorable) != 0;
}

std::string clean(char32_t c) {
  if (is_ignorable(c)) return {};
  std::string out;
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  normal(icu::Normalizer2::getNFKCInstance, static_cast<UChar32>(c)).toUTF8String(out);
  return out;
}

void append_search(std::string& out, char32_t c) {
  const bool dropped = c >= 0x300 && c <= 0x36F;
  if (dropped) return;
  if (c < 0x80) {
    out += to_lower(static_cast<char>(c));
  } else {
    out += lowered(look_alike(c));
  }
}

std::string search(char32_t c) {
  std::string out;
  if (is_ignorable(c)) return out;
  const auto folded = normal(icu::Normalizer2::getNFKCCasefoldInstance, static_cast<UChar32>(c));
  const auto letters = normal(icu::Normalizer2::getNFDInstance, folded);
  for (std::int32_t i = 0; i < letters.length(); i = letters.moveIndex32(i, 1))
    append_search(out, static_cast<char32_t>(letters.char32At(i)));
  return out;
}

template <std::string (*Form)(char32_t)>
struct Page {
  explicit Page(char32_t first) {
    for (std::size_t i = 0; i < 256; ++i) {
      text += Form(first + static_cast<char32_t>(i));
      end[i + 1] = static_cast<std::uint16_t>(text.size());
    }
  }
  std::string text;
  std::array<std::uint16_t, 257> end{};
};

template <std::string (*Form)(char32_t)>
std::string_view looked_up(char32_t c) {
  static const CodePointTable<Page<Form>>* const kTable = new CodePointTable<Page<Form>>;
  const auto& page = kTable->page(c);
  const auto i = c & 0xFF;
  return std::string_view(page.text).substr(page.end[i], page.end[i + 1] - page.end[i]);
}

}  // namespace

std::string_view clean_form(char32_t c) {
  return looked_up<clean>(c);
}

std::string_view search_form(char32_t c) {
  return looked_up<search>(c);
}

std::string search_form_of(std::string_view text) {
  std::string out;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    out += search_form(c < 0 ? U'\uFFFD' : static_cast<char32_t>(c));
  }
  return out;
}

}  // namespace gvm::text
