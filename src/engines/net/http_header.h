#pragma once
// Header fields of HTTP requests and responses.
#include <string>

#include "base/secret.h"

namespace gvm::net {

struct HttpHeader {
  std::string name;  // as given in requests, lower case in responses
  std::string value;
};

struct SecretHeader {
  std::string name;
  std::string prefix;  // e.g. "Bearer "
  Secret value;
};

}  // namespace gvm::net
