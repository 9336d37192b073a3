#pragma once
// The limits of one HTML document. All are counts and none is a time, so that every validator gets
// the same result for the same bytes.
#include <cstddef>
#include <cstdint>

#include "base/size.h"

namespace gvm::html {

struct Limits {
  std::size_t input_bytes = 16 * kMiB;  // as received; over it: TOO_LARGE
  // The rest ends in DOCUMENT_TOO_COMPLEX, whose ctx names the limit.
  std::size_t depth = 512;                // elements inside elements; browsers stop there, too
  std::size_t nodes = 600'000;            // elements, texts and comments
  std::size_t attributes = 2048;          // of one element
  std::size_t memory_bytes = 256 * kMiB;  // the parser's, while it parses
  std::uint64_t work = 200'000'000;       // steps of the parser, see tree_parser.h
  // One call: nodes times parts of the selector; nodes and eights of bytes passed for texts.
  std::uint64_t steps = 40'000'000;
  std::size_t table_cells = 200'000;     // of one call, after colspan and rowspan
  std::size_t output_bytes = 32 * kMiB;  // text, Markdown, HTML or tables of one call
};

}  // namespace gvm::html
