// Case folding and the UTS #39 skeleton.
#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/stringpiece.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/error_codes.h"
#include "base/utf8.h"
#include "text/confusable.h"
#include "text/filter_stage.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

// Full case folding (Unicode 15, D144): context-free, so pieces are folded one by one.
class CaseFold final : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool, std::string& out) override {
    const auto ascii = utf8::ascii_prefix(piece);
    const auto at = out.size();
    out.resize(at + ascii);
    std::transform(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(ascii),
                   out.begin() + static_cast<std::ptrdiff_t>(at), to_lower);
    piece.remove_prefix(ascii);
    if (piece.empty()) return {};
    UErrorCode status = U_ZERO_ERROR;
    icu::StringByteSink<std::string> sink(&out);
    icu::CaseMap::utf8Fold(0, {piece.data(), static_cast<std::int32_t>(piece.size())}, sink,
                           nullptr, status);
    if (U_SUCCESS(status)) return {};
    return fail(codes::kInternal, Fatality::fatal,
                std::string("Unicode case folding failed: ") + u_errorName(status));
  }
};

// Of text in NFD: the middle step of the skeleton.
class LookAlikes final : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool, std::string& out) override {
    while (!piece.empty()) {
      const auto c = first_code_point(piece);
      out += look_alike(c.value);
      piece.remove_prefix(c.bytes);
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<FilterStage> make_case_fold() {
  return std::make_unique<CaseFold>();
}

Result<std::unique_ptr<FilterStage>> make_look_alikes() {
  if (auto loaded = load_confusables(); !loaded) return fail(std::move(loaded).error());
  return std::make_unique<LookAlikes>();
}

}  // namespace gvm::text
