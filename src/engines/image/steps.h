#pragma once
// The filters, each from one picture in memory to the next. Internal to image/.
#include "image/picture.h"
#include "image/recipe.h"

namespace gvm::image {

// StripMetadata and a Jpeg that is left as it is are no business of this. `seed` is the noise's.
Result<Picture> apply(const Run& run, Picture picture, const Step& step, std::uint64_t seed);

}  // namespace gvm::image
