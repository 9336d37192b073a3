#pragma once
// The text filters scripts apply to prompts, in the order they name them.
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/size.h"

namespace gvm::text {

enum class TextFilter {
  nfc,   // Unicode Normalization Form C (UAX #15)
  nfd,   // Form D: composed characters become letters and marks
  nfkc,  // Form KC: compatibility characters become plain ones, as full-width letters do
  nfkd,  // Form KD
  // Every run of white space becomes one space, or as many line breaks as it has, two at most. None
  // is left at the start, no spaces at the end. A carriage return, a tab and any other Unicode
  // White_Space count as spaces.
  normalize_ws,
  // Drops what takes no column on a terminal: controls but the line feed,
  // Default_Ignorable_Code_Point (zero-width spaces and joiners, directional marks, soft hyphens,
  // tags), Grapheme_Extend (combining marks: normalise before, so that letters with a composed form
  // keep their accents), Hangul vowels and finals outside of syllables.
  rm_zero_width,
  rm_control,    // drops what character_bits.h calls kControl
  rm_bidi,       // drops directional controls, which show a text in another order than it has
  rm_tags,       // drops Unicode tags but those of the three flags that are emoji
  rm_variation,  // drops variation selectors that no reader sees
  limit_marks,   // drops combining marks over `argument` in a row (UTS #39, 5.4 has 4)
  plain_spaces,  // look-alikes of a space become U+0020, of a line break U+000A; invisible ones go
  skeleton,      // UTS #39, section 4: to compare texts by their looks, not to read them
  case_fold,     // full case folding
  decode_entities,  // character references of HTML become characters, once
  rm_comments,      // drops HTML comments; an open one to the end of the text
  rm_blobs,         // drops encoded texts and large base64 data (text/encoded.h)
  decode_blobs,     // encoded texts become what they say
  max_bytes,        // cuts at the last border of grapheme clusters within `argument` bytes
  max_graphemes,    // cuts behind `argument` grapheme clusters
};

// A filter and its argument, which only some have.
struct FilterStep {
  TextFilter filter = TextFilter::nfc;
  std::size_t argument = 0;
};

// By the names scripts use: "NFC", "RmTags". An argument follows a colon: "MaxBytes:4096".
std::optional<FilterStep> text_filter_named(std::string_view name);
// All of these names, in the form that parameters have in documents: `"MaxBytes:N"`.
std::span<const std::string_view> text_filter_names();

struct FilterLimits {
  std::size_t filters = 16;
  std::size_t marks_in_a_row = 256;  // code points that may combine with the one before them
  std::size_t growth = 4;            // the result is at most so many times the text,
  std::size_t allowance = 4 * kKiB;  // and this
};

// A step of a FilterRun when its caller names no other.
inline constexpr std::size_t kFilterStepBytes = 64 * kKiB;

class FilterStage;

// One text on its way through the filters. Work is linear in the text whatever its characters are,
// about 5 ms a step of kFilterStepBytes at most, so that a caller can look at the clock between
// steps or go on with another session. Memory is bounded by twice `growth` times the text (when
// the result moves to a larger place) and some 200 KiB.
class FilterRun {
 public:
  // `text` outlives the run. TOO_LARGE for too many filters.
  static Result<FilterRun> start(std::string_view text, std::span<const FilterStep> filters,
                                 const FilterLimits& limits = {});
  FilterRun(FilterRun&&) noexcept;
  FilterRun& operator=(FilterRun&&) noexcept;
  ~FilterRun();

  // Takes up to `bytes` of the text; true when it was the last of it. SCRIPT_BAD_ARGUMENT for
  // invalid UTF-8; TOO_LARGE when the result grows over its limit, or when too many combining marks
  // follow each other.
  Result<bool> advance(std::size_t bytes = kFilterStepBytes);
  // Bytes that it holds now, beside the text.
  std::size_t memory() const;
  // The result, once advance() has said true.
  std::string take() && { return std::move(out_); }

 private:
  FilterRun(std::string_view text, const FilterLimits& limits);
  Result<void> pass(std::string_view piece, bool last);
  Result<void> append(std::string_view piece);

  std::size_t size_ = 0;   // of the text, bytes
  std::string_view rest_;  // of it
  FilterLimits limits_;
  std::size_t largest_ = 0;  // size of the result
  std::vector<std::unique_ptr<FilterStage>> stages_;
  std::string piece_;  // between two stages
  std::string next_;
  std::string out_;
};

// All steps in one go.
Result<std::string> filter_text(std::string_view text, std::span<const FilterStep> filters);
// Of filters without arguments.
Result<std::string> filter_text(std::string_view text, std::span<const TextFilter> filters);

}  // namespace gvm::text
