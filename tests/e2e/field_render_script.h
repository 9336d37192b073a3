#pragma once
#include <string>

namespace gvm::e2e {

// A script as the field has it, which asks the rendering service at webdriver_host itself: of
// generation C with "unfiltered = true", of B with "".
std::string field_render_script(const std::string& unfiltered);

}  // namespace gvm::e2e
