#pragma once
// What the name of an environment variable begins with when the host of our manager has set it
// (POST /env). Environment::of_process prefers such a variable to one of the plain name.
#include <string_view>

namespace gvm::config {

inline constexpr std::string_view kHostsVariables = "GVM_ENV_";

}  // namespace gvm::config
