#pragma once
// Files of secrets and certificates that an operator names.
#include <cstddef>
#include <string>

#include "base/error.h"
#include "base/secret.h"

namespace gvm::apps {

struct SmallFile {
  Secret text;
  unsigned mode = 0;  // its permissions
};

// INVALID_CONFIG begins with `key` and the path, and never quotes the file: one that cannot be
// read, is no regular file, or is larger than `largest` bytes. Does not wait for a pipe.
Result<SmallFile> read_small_file(const std::string& key, const std::string& path,
                                  std::size_t largest);

}  // namespace gvm::apps
