#pragma once
// The request bodies of "new session".
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "browser/render.h"

namespace gvm::browser {

// For a session that attaches to a running Chromium ("127.0.0.1:PORT").
std::string attach_request(std::string_view devtools_address, const RenderLimits& limits);

// The arguments for Chromium in an operator's session_create_request.
struct ExtraArguments {
  std::vector<std::string> taken;
  std::vector<std::string> refused;  // they would weaken the protection, or are our own settings
};
// DESERIALIZING when it is not a JSON object.
Result<ExtraArguments> extra_arguments(std::string_view session_create_request);

}  // namespace gvm::browser
