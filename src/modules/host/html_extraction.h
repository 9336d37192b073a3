#pragma once
// The description that scripts give to page:extract{...}, as docs/extraction.md explains it.
#include "base/error.h"
#include "html/extract.h"

namespace gvm::host {

// Error: SCRIPT_BAD_ARGUMENT, naming the field; BAD_SELECTOR with ctx {field=, position=}.
Result<html::ExtractionFields> read_extraction(const Value& description);

}  // namespace gvm::host
