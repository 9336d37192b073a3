#pragma once
// The list of filters that a script gives to lib.rs.filter_image, read and checked once.
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/value.h"
#include "image/recipe.h"

namespace gvm::host {

// `{{Unsharpen = {2, 10}}, {GuassianNoise = 0.05}, "Grayscale", {JPEG = 0.7}}`. Names of the field
// and of its documents. SCRIPT_BAD_ARGUMENT names the filter and the form it has.
Result<std::vector<image::Step>> read_image_filters(std::string_view function, const Value& list);

}  // namespace gvm::host
