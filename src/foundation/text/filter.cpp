#include "text/filter.h"

#include <unicode/uchar.h>
#include <unicode/uniset.h>

#include <algorithm>
#include <utility>

#include "base/error_codes.h"
#include "text/filter_stage.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

constexpr std::size_t kPieceBytes = 16 * kKiB;  // that passes from stage to stage
constexpr int kMaxLineBreaks = 2;               // of one run of white space

bool is_white_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

class WhiteSpace final : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool last, std::string& out) override {
    std::size_t kept = 0;  // where the characters begin that wait to be copied
    for (std::size_t i = 0; i < piece.size();) {
      const auto c = first_code_point(piece.substr(i));
      const bool white = is_white_space(c.value);
      if (white && !gap_) out += piece.substr(kept, i - kept);
      if (white) {
        gap_ = true;
        breaks_ += c.value == '\n' && breaks_ < kMaxLineBreaks ? 1 : 0;
      } else if (gap_) {
        end_gap(false, out);
        kept = i;
      }
      begun_ = begun_ || !white;
      i += c.bytes;
    }
    if (!gap_) out += piece.substr(kept);
    if (last) end_gap(true, out);
    return {};
  }

 private:
  void end_gap(bool at_end, std::string& out) {
    if (gap_ && begun_) {
      if (breaks_ > 0) {
        out.append(static_cast<std::size_t>(breaks_), '\n');
      } else if (!at_end) {
        out += ' ';
      }
    }
    gap_ = false;
    breaks_ = 0;
  }

  bool begun_ = false;  // a character was kept
  bool gap_ = false;    // white space since the last one
  int breaks_ = 0;      // line feeds in it
};

constexpr UChar32 kHangulFiller = 0x115F;

// What has no width. The Hangul filler stands for a missing initial: it is as wide as one. Added
// are format characters that lie over or under the digits and letters that follow them, and one
// caret.
const icu::UnicodeSet& without_width() {
  static const icu::UnicodeSet* const kSet = [] {
    UErrorCode status = U_ZERO_ERROR;
    auto* set = new icu::UnicodeSet(
        UNICODE_STRING_SIMPLE("[[:Cc:][:Default_Ignorable_Code_Point:][:Grapheme_Extend:]"
                              "[:Hangul_Syllable_Type=V:][:Hangul_Syllable_Type=T:]"
                              "\\u0605\\u070F\\u0890\\u0891\\u08E2\\uA8FA]"),
        status);
    set->remove('\n').remove(kHangulFiller);
    set->freeze();
    return set;
  }();
  return *kSet;
}

class ZeroWidth final : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool, std::string& out) override {
    while (!piece.empty()) {
      const auto kept = span(piece, USET_SPAN_NOT_CONTAINED);
      out += piece.substr(0, kept);
      piece.remove_prefix(kept);
      piece.remove_prefix(span(piece, USET_SPAN_CONTAINED));
    }
    return {};
  }

 private:
  static std::size_t span(std::string_view text, USetSpanCondition condition) {
    return static_cast<std::size_t>(
        without_width().spanUTF8(text.data(), static_cast<std::int32_t>(text.size()), condition));
  }
};

Result<std::unique_ptr<FilterStage>> make_stage(const FilterStep& step,
                                                const FilterLimits& limits) {
  switch (step.filter) {
    case TextFilter::normalize_ws:
      return std::make_unique<WhiteSpace>();
    case TextFilter::rm_zero_width:
      return std::make_unique<ZeroWidth>();
    case TextFilter::nfc:
    case TextFilter::nfd:
    case TextFilter::nfkc:
    case TextFilter::nfkd:
      return make_normalizer(step.filter, limits);
    case TextFilter::skeleton:
      return make_look_alikes();
    case TextFilter::case_fold:
      return make_case_fold();
    case TextFilter::decode_entities:
    case TextFilter::rm_comments:
      return make_markup_stage(step.filter);
    case TextFilter::rm_blobs:
    case TextFilter::decode_blobs:
      return make_blob_stage(step.filter);
    case TextFilter::max_bytes:
    case TextFilter::max_graphemes:
      return make_limit(step);
    default:
      return make_character_stage(step);
  }
}

// The stages of one filter. The skeleton is that of the NFD, and in NFD again.
std::vector<FilterStep> stages_of(const FilterStep& step) {
  if (step.filter != TextFilter::skeleton) return {step};
  return {{TextFilter::nfd}, step, {TextFilter::nfd}};
}

// At most `bytes`, cut between code points where the text has any.
std::string_view first_piece(std::string_view text, std::size_t bytes) {
  constexpr std::size_t kMostContinued = 3;
  if (text.size() <= bytes) return text;
  auto end = bytes;
  while (end + kMostContinued > bytes && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

FilterRun::FilterRun(std::string_view text, const FilterLimits& limits)
    : size_(text.size()), rest_(text), limits_(limits) {}
FilterRun::FilterRun(FilterRun&&) noexcept = default;
FilterRun& FilterRun::operator=(FilterRun&&) noexcept = default;
FilterRun::~FilterRun() = default;

Result<FilterRun> FilterRun::start(std::string_view text, std::span<const FilterStep> filters,
                                   const FilterLimits& limits) {
  if (filters.size() > limits.filters) {
    return fail(codes::kTooLarge, Fatality::user,
                "over " + std::to_string(limits.filters) + " filters of one text");
  }
  FilterRun run(text, limits);
  run.largest_ = text.size() * limits.growth + limits.allowance;
  run.out_.reserve(text.size());
  for (const auto& filter : filters) {
    for (const auto& step : stages_of(filter)) {
      auto stage = make_stage(step, limits);
      if (!stage) return fail(std::move(stage).error());
      run.stages_.push_back(std::move(*stage));
    }
  }
  return run;
}

Result<bool> FilterRun::advance(std::size_t bytes) {
  do {
    const auto piece = first_piece(rest_, kPieceBytes);
    if (const auto bad = find_invalid_utf8(piece); bad != kAllValid) {
      return fail(codes::kScriptBadArgument, Fatality::fatal,
                  "the text to filter has invalid UTF-8 at byte " +
                      std::to_string(size_ - rest_.size() + bad));
    }
    rest_.remove_prefix(piece.size());
    bytes -= std::min(bytes, kPieceBytes);
    const auto passed = pass(piece, rest_.empty());
    if (!passed) return std::unexpected(passed.error());
  } while (!rest_.empty() && bytes > 0);
  return rest_.empty();
}

Result<void> FilterRun::pass(std::string_view piece, bool last) {
  for (const auto& stage : stages_) {
    next_.clear();
    if (auto pushed = stage->push(piece, last, next_); !pushed) return pushed;
    std::swap(piece_, next_);
    piece = piece_;
  }
  return append(piece);
}

std::size_t FilterRun::memory() const {
  return out_.capacity() + piece_.capacity() + next_.capacity();
}

Result<void> FilterRun::append(std::string_view piece) {
  if (piece.size() > largest_ - out_.size()) {
    return fail(codes::kTooLarge, Fatality::user,
                "the filtered text is over " + std::to_string(limits_.growth) +
                    " times as large as the text");
  }
  if (out_.capacity() - out_.size() < piece.size())
    out_.reserve(
        std::min(largest_, std::max(out_.size() + piece.size(), out_.size() + out_.size() / 2)));
  out_ += piece;
  return {};
}

Result<std::string> filter_text(std::string_view text, std::span<const TextFilter> filters) {
  std::vector<FilterStep> steps;
  for (const auto filter : filters) steps.push_back({filter});
  return filter_text(text, steps);
}

Result<std::string> filter_text(std::string_view text, std::span<const FilterStep> filters) {
  auto run = FilterRun::start(text, filters);
  if (!run) return fail(std::move(run).error());
  while (true) {
    const auto done = run->advance();
    if (!done) return std::unexpected(done.error());
    if (*done) return std::move(*run).take();
  }
}

}  // namespace gvm::text
