#pragma once
// lib.rs.filter_image and lib.rs.image_info: pictures before a model sees them. Filters run on
// threads of their own, while only their session waits.
#include "host/functions.h"

namespace gvm::host {

// `random` gives each call the seed of its noise.
void add_image_functions(script::HostTable& table, const RandomSource& random);

// lib.rs.filter_image of a table that has it, for the module's own pictures: the same threads and
// limits.
const script::HostFunction::Async& filter_image_of(const script::HostTable& table);

}  // namespace gvm::host
