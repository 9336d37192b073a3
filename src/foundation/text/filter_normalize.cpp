// Normalisation in pieces. ICU sorts the marks on a letter by insertion, which is quadratic in
// their number: long runs are sorted here before it sees them.
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/error_codes.h"
#include "base/utf8.h"
#include "text/filter_stage.h"
#include "text/json_scan.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

constexpr std::size_t kShortRun = 8;         // code points in a row that ICU may sort itself
constexpr char32_t kFirstCombining = 0x300;  // nothing below combines with what stands before it

bool is_ascii(std::string_view text) {
  return utf8::ascii_prefix(text) == text.size();
}

std::unexpected<Error> icu_failure(UErrorCode status) {
  return fail(codes::kInternal, Fatality::fatal,
              std::string("Unicode normalisation failed: ") + u_errorName(status));
}

class Normalizer final : public FilterStage {
 public:
  Normalizer(const icu::Normalizer2& normalizer, std::size_t marks_in_a_row)
      : normalizer_(normalizer), marks_in_a_row_(marks_in_a_row) {}

  Result<void> push(std::string_view piece, bool last, std::string& out) override {
    if (!piece.empty() && is_ascii(piece) && is_ascii(pending_))
      return push_ascii(piece, last, out);
    pending_ += piece;
    if (!scan()) {
      return fail(codes::kTooLarge, Fatality::user,
                  "over " + std::to_string(marks_in_a_row_) + " combining marks in a row");
    }
    const auto whole = last ? pending_.size() : segment_;
    if (last) end_segment(whole);
    auto done = normalize(std::string_view(pending_).substr(0, whole), out);
    pending_.erase(0, whole);
    scanned_ -= whole;
    segment_ = 0;
    return done;
  }

 private:
  // A mark may follow the last character.
  Result<void> push_ascii(std::string_view piece, bool last, std::string& out) {
    const auto certain = piece.size() - (last ? 0 : 1);
    out += pending_;
    out += piece.substr(0, certain);
    pending_ = piece.substr(certain);
    segment_ = scanned_ = run_ = 0;
    return {};
  }

  // Finds where segments end that nothing behind them can change. False when one is too long.
  bool scan() {
    const std::string_view text = pending_;
    while (scanned_ < text.size()) {
      const auto c = first_code_point(text.substr(scanned_));
      if (c.value < kFirstCombining ||
          normalizer_.hasBoundaryBefore(static_cast<UChar32>(c.value))) {
        end_segment(scanned_);
      } else if (++run_ > marks_in_a_row_) {
        return false;
      }
      scanned_ += c.bytes;
    }
    return true;
  }

  void end_segment(std::size_t end) {
    if (run_ > kShortRun) long_runs_.push_back({segment_, end});
    segment_ = end;
    run_ = 0;
  }

  Result<void> normalize(std::string_view text, std::string& out) {
    std::size_t done = 0;
    for (const auto& run : long_runs_) {
      if (auto ok = by_icu(text.substr(done, run.begin - done), out); !ok) return ok;
      sort_marks(text.substr(run.begin, run.end - run.begin));
      if (auto ok = by_icu(sorted_, out); !ok) return ok;
      done = run.end;
    }
    long_runs_.clear();
    return by_icu(text.substr(done), out);
  }

  Result<void> by_icu(std::string_view text, std::string& out) const {
    if (text.empty()) return {};
    UErrorCode status = U_ZERO_ERROR;
    icu::StringByteSink<std::string> sink(&out);
    normalizer_.normalizeUTF8(0, {text.data(), static_cast<std::int32_t>(text.size())}, sink,
                              nullptr, status);
    if (U_FAILURE(status)) return icu_failure(status);
    return {};
  }

  struct Mark {
    char32_t value;
    std::uint8_t combining_class;
  };

  // Canonical ordering (Unicode 15, D109) of the full decompositions, which normalise to the same.
  void sort_marks(std::string_view text) {
    marks_.clear();
    icu::UnicodeString decomposed;
    while (!text.empty()) {
      const auto c = first_code_point(text);
      text.remove_prefix(c.bytes);
      const auto code = static_cast<UChar32>(c.value);
      if (!normalizer_.getDecomposition(code, decomposed)) {
        add_mark(code);
        continue;
      }
      for (std::int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
        add_mark(decomposed.char32At(i));
      }
    }
    const auto is_starter = [](const Mark& mark) { return mark.combining_class == 0; };
    for (auto from = marks_.begin(); from != marks_.end();) {
      const auto to = std::find_if(from, marks_.end(), is_starter);
      std::stable_sort(from, to, [](const Mark& a, const Mark& b) {
        return a.combining_class < b.combining_class;
      });
      from = to == marks_.end() ? to : to + 1;
    }
    sorted_.clear();
    for (const auto& mark : marks_) append_utf8(sorted_, mark.value);
  }

  void add_mark(UChar32 code) {
    marks_.push_back({static_cast<char32_t>(code), normalizer_.getCombiningClass(code)});
  }

  struct Run {
    std::size_t begin;
    std::size_t end;
  };

  const icu::Normalizer2& normalizer_;
  std::size_t marks_in_a_row_;
  std::string pending_;      // the segment that may go on, and the piece being taken
  std::size_t segment_ = 0;  // where the last segment of `pending_` begins
  std::size_t scanned_ = 0;
  std::size_t run_ = 0;  // code points of that segment without a boundary before them
  std::vector<Run> long_runs_;
  std::vector<Mark> marks_;
  std::string sorted_;
};

const icu::Normalizer2* instance(TextFilter form, UErrorCode& status) {
  switch (form) {
    case TextFilter::nfc:
      return icu::Normalizer2::getNFCInstance(status);
    case TextFilter::nfkc:
      return icu::Normalizer2::getNFKCInstance(status);
    case TextFilter::nfkd:
      return icu::Normalizer2::getNFKDInstance(status);
    default:
      return icu::Normalizer2::getNFDInstance(status);
  }
}

}  // namespace

Result<std::unique_ptr<FilterStage>> make_normalizer(TextFilter form, const FilterLimits& limits) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = instance(form, status);
  if (U_FAILURE(status)) return icu_failure(status);
  return std::make_unique<Normalizer>(*normalizer, limits.marks_in_a_row);
}

}  // namespace gvm::text
