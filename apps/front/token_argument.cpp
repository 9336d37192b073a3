#include "apps/front/token_argument.h"

#include <cstdlib>
#include <string_view>

namespace gvm::apps {

Result<std::string> token_of_argument(const std::string& given) {
  constexpr std::string_view kFromEnvironment = "env:";
  if (!given.starts_with(kFromEnvironment)) return given;
  const std::string name = given.substr(kFromEnvironment.size());
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  if (value != nullptr && *value != '\0') return std::string(value);
  return fail("USAGE", Fatality::user, "--token: " + name + " is not set in the environment");
}

}  // namespace gvm::apps
