#pragma once
// Facts of a page by a description: which elements, what of them (text, attribute, HTML), one or
// all, as text or as a number. Pure and bounded: the steps of all selections together are counted.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/value.h"
#include "html/document.h"
#include "html/selector.h"
#include "text/localized_number.h"

namespace gvm::html {

struct ExtractionField;

// Named parts of a record.
using ExtractionFields = std::vector<ExtractionField>;

struct Extraction {
  enum class Form { text, html, number, decimal };

  // Absent: the element itself, that the description is for.
  std::optional<Selector> selector;
  std::string attribute;  // empty: what is inside
  Form form = Form::text;
  text::NumberFormat format;  // of number and decimal
  bool all = false;           // a list of every match, else the first one
  // What each match stands for, instead of its own text: a record, or another description.
  ExtractionFields fields;
  std::shared_ptr<const Extraction> each;
};

struct ExtractionField {
  std::string name;
  Extraction what;
};

struct ExtractionLimits {
  static constexpr std::size_t kFields = 256;  // of a description, all records together
  static constexpr std::size_t kDepth = 8;     // records inside of records
  static constexpr std::size_t kValues = 100'000;
  // Nodes times parts of the selectors, and what is passed for texts: some 50 ms.
  static constexpr std::uint64_t kSteps = 8'000'000;
};

// A record of the fields that are found: what is absent, or no number where one is asked for, has
// no field, and a record without any is left out of its list. Errors: DOCUMENT_TOO_COMPLEX (steps,
// output_bytes, values); not fatal.
// `steps`: what the description may take.
Result<Value> extract(const Document& document, NodeId root, const ExtractionFields& fields,
                      std::uint64_t steps = ExtractionLimits::kSteps);

}  // namespace gvm::html
