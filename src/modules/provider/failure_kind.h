#pragma once
// What a failed call means for routing. Pure.
#include <optional>

#include "base/error.h"
#include "provider/prompt.h"
#include "routing/error_kind.h"

namespace gvm::provider {

// Of an error of one call at one model (attempt.h). Providers tell what a model cannot do, and that
// a prompt is too long, in texts of their own beside a 400; those that are known are recognised.
routing::ErrorKind error_kind(const Error& error, Format format, bool has_images);

}  // namespace gvm::provider
