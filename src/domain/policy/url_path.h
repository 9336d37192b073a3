#pragma once
// The two readings of a path that patterns are matched against. Internal to policy/.
#include <string>
#include <string_view>

namespace gvm::policy {

// As it is sent: escapes of unreserved characters decoded, the others in upper case (RFC 3986,
// 6.2.2).
std::string sent_path(std::string_view path);

// As lenient servers read it: every escape decoded once, backslashes as slashes, runs of slashes
// merged, dot segments removed.
std::string lenient_path(std::string_view path);

}  // namespace gvm::policy
