#pragma once
// The tokens of `serve.peers.token_file`.
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace gvm::apps {

// One token a line; empty lines and lines that begin with # are left out. Empty `path`: none. An
// INVALID_CONFIG names the file and the line, never what is in it: a file that cannot be read, is
// over 64 KiB, holds no token, or a line that is no token.
Result<std::vector<Secret>> read_peer_tokens(const std::string& path);

}  // namespace gvm::apps
