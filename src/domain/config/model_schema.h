#pragma once
// The part of the schema that describes one model.
#include "config/schema.h"

namespace gvm::config {

const Section& model_section();

}  // namespace gvm::config
