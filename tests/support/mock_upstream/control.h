#pragma once
// The control requests of a mock upstream, under /_mock/.
#include <optional>

#include "support/mock_upstream/engine.h"

namespace gvm::mock {

class MockUpstream;

inline constexpr std::string_view kControlPath = "/_mock/";

// GET bill, stats, calls; POST rules, reset, close-idle. Anything else is a 404 that lists them.
Work control(MockUpstream& upstream, const HttpRequest& request);

}  // namespace gvm::mock
