#pragma once
// Environment variables that a host sets with POST /env, for ${ENV[NAME]} in configurations. They
// are this manager's and its modules' alone: no program reads them as variables of its own, so
// that none of them (LD_PRELOAD, PATH) steers a process. On the manager's thread.
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace gvm::manager {

class Variables {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostNameBytes = 256;
  static constexpr std::size_t kMostValueBytes = 64 * 1024;

  // MODULE_VARIABLE_REFUSED: a name that is none, too long a value, or too many. A variable that
  // is set again has the new value from then on.
  Result<void> set(const std::string& name, const std::string& value);
  std::optional<std::string> get(const std::string& name) const;
  // "GVM_ENV_NAME=VALUE", as config::Environment::of_process reads them.
  std::vector<std::string> for_a_child() const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace gvm::manager
