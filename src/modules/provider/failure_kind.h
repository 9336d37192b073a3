#pragma once
// What an error status of a provider means for routing. Pure.
#include "base/error.h"
#include "provider/prompt.h"
#include "routing/error_kind.h"

namespace gvm::provider {

// `error` has the body in its ctx. Providers tell what a model cannot do, and that a prompt is too
// long, in texts of their own beside a 400; those that are known are recognised.
routing::ErrorKind kind_of_status(int status, const Error& error, Format format, bool has_images);

}  // namespace gvm::provider
