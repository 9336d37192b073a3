#pragma once
// lib.rs.filter_image and lib.rs.image_info: pictures before a model sees them. Filters run on
// threads of their own, while only their session waits.
#include "host/functions.h"

namespace gvm::host {

// `random` gives each call the seed of its noise.
void add_image_functions(script::HostTable& table, const RandomSource& random);

}  // namespace gvm::host
