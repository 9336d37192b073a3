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

// NFC or NFKC by ICU.
Result<std::unique_ptr<FilterStage>> make_normalizer(TextFilter form, const FilterLimits& limits);

}  // namespace gvm::text
