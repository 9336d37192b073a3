#include "text/confusable.h"

#include <unicode/uspoof.h>
#include <unicode/utf16.h>

#include <array>
#include <string>

#include "base/error_codes.h"
#include "text/character_bits.h"
#include "text/code_point_table.h"
#include "text/json_scan.h"

namespace gvm::text {
namespace {

struct Checker {
  UErrorCode status = U_ZERO_ERROR;
  USpoofChecker* checker = uspoof_open(&status);  // never closed: the pages outlive everything
};

const Checker& spoof_checker() {
  static const Checker kChecker;
  return kChecker;
}

constexpr bool is_surrogate(char32_t c) {
  return c >= 0xD800 && c <= 0xDFFF;
}

std::string prototype(char32_t c) {
  if ((character_bits(c) & kIgnorable) != 0 || is_surrogate(c)) return {};
  std::array<UChar, 2> written{};
  std::int32_t size = 0;
  U16_APPEND_UNSAFE(written, size, c);
  std::array<UChar, 128> skeleton{};
  UErrorCode status = U_ZERO_ERROR;
  const auto length =
      uspoof_getSkeleton(spoof_checker().checker, 0, written.data(), size, skeleton.data(),
                         static_cast<std::int32_t>(skeleton.size()), &status);
  std::string out;
  if (U_FAILURE(status)) {
    append_utf8(out, c);
    return out;
  }
  for (std::int32_t i = 0; i < length;) {
    UChar32 next = 0;
    U16_NEXT(skeleton, i, length, next);
    append_utf8(out, static_cast<char32_t>(next));
  }
  return out;
}

struct Page {
  explicit Page(char32_t first) {
    for (std::size_t i = 0; i < 256; ++i) {
      text += prototype(first + static_cast<char32_t>(i));
      end[i + 1] = static_cast<std::uint16_t>(text.size());
    }
  }
  std::string text;
  std::array<std::uint16_t, 257> end{};
};

}  // namespace

Result<void> load_confusables() {
  if (U_SUCCESS(spoof_checker().status)) return {};
  return fail(codes::kInternal, Fatality::fatal,
              std::string("ICU's table of look-alike characters cannot be read: ") +
                  u_errorName(spoof_checker().status));
}

std::string_view look_alike(char32_t c) {
  static const CodePointTable<Page>* const kTable = new CodePointTable<Page>;
  const auto& page = kTable->page(c);
  const auto i = c & 0xFF;
  return std::string_view(page.text).substr(page.end[i], page.end[i + 1] - page.end[i]);
}

}  // namespace gvm::text
