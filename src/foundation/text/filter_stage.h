#pragma once
// One filter of a FilterRun: takes a text in pieces, cut between code points.
#include <memory>
#include <string>
#include <string_view>

#include "text/filter.h"

namespace gvm::text {

class FilterStage {
 public:
  virtual ~FilterStage() = default;
  // Appends to `out` what is certain after `piece`, which is valid UTF-8; all that is left when it
  // is the last one.
  virtual Result<void> push(std::string_view piece, bool last, std::string& out) = 0;
};

// A normalisation form by ICU.
Result<std::unique_ptr<FilterStage>> make_normalizer(TextFilter form, const FilterLimits& limits);
// rm_control, rm_bidi, rm_tags, rm_variation, limit_marks, plain_spaces.
std::unique_ptr<FilterStage> make_character_stage(const FilterStep& step);
std::unique_ptr<FilterStage> make_case_fold();
// Of text in NFD, each character becomes its prototype.
Result<std::unique_ptr<FilterStage>> make_look_alikes();
// decode_entities, rm_comments.
std::unique_ptr<FilterStage> make_markup_stage(TextFilter filter);
// rm_blobs, decode_blobs.
std::unique_ptr<FilterStage> make_blob_stage(TextFilter filter);
// max_bytes, max_graphemes.
std::unique_ptr<FilterStage> make_limit(const FilterStep& step);

}  // namespace gvm::text
