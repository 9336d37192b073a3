#pragma once
// Filters for pictures, on libvips. Blocking, for worker threads; safe from many at once.
#include <atomic>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/error.h"
#include "image/limits.h"
#include "image/recipe.h"

namespace gvm::image {

// A PNG, JPEG or WebP through the steps in their order: a PNG, or the JPEG of the last step
// (StripMetadata does not count). Nothing but the pixels is kept: no metadata, no colour profile;
// transparency is laid on white and an EXIF orientation carried out. `stop` ends it within a strip.
//
// Errors: INVALID_IMAGE (no such file, a broken or animated one, one that is not as its header
// says) and IMAGE_TOO_LARGE, not fatal; SCRIPT_BAD_ARGUMENT for a Crop that leaves nothing;
// DEADLINE_EXCEEDED, CANCELLED, IMAGE_FILTERS_UNAVAILABLE.
Result<std::string> filter(std::string_view bytes, const Recipe& recipe, const Limits& limits,
                           Deadline deadline, const std::atomic<bool>& stop);

}  // namespace gvm::image
