#pragma once
// How much of an HTML document is parsed or read on the lane. More is done on a background thread,
// while the session waits; where it cannot wait (`..._unwaited`), more is SCRIPT_CANNOT_WAIT.
#include <cstddef>
#include <cstdint>

#include "base/size.h"

namespace gvm::host {

struct HtmlReadLimits {
  // Steps of the parser (html::Limits::work), for a page that is short but hard to parse.
  std::uint64_t parsing = 1'500'000;
  std::uint64_t parsing_unwaited = 5'500'000;
  // Of html::Document::weight: nodes, and bytes of text by eights. A page of 10 KB weighs some
  // 2,000.
  std::uint64_t weight = 12'000;
  std::uint64_t weight_unwaited = 150'000;
  // What a method counts by itself: html::Limits.
  std::uint64_t steps = 100'000;
  std::uint64_t steps_unwaited = 1'000'000;
  std::size_t cells = 5'000;
  std::size_t cells_unwaited = 50'000;
  std::size_t output_bytes = 1 * kMiB;
  // Of memory: a larger document is taken apart on the background thread.
  std::size_t large_document = 1 * kMiB;
};

}  // namespace gvm::host
