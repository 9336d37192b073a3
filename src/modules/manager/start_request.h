#pragma once
#include <optional>
#include <string>

namespace gvm::manager {

// What a host asks for when it starts a module.
struct StartRequest {
  std::optional<std::string> config;  // JSON; empty: the default file
  bool allow_empty_backends = false;
  bool user_error = false;
};

}  // namespace gvm::manager
