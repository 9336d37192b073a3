#pragma once
// The files of `serve.tls`, read at the start and at each reload.
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/common_config.h"
#include "serve/tls_context.h"

namespace gvm::apps {

struct TlsFiles {
  std::shared_ptr<const serve::TlsContext> context;  // empty: the port is plain text
  std::vector<std::string> warnings;  // a key that others can read, a certificate that ends soon
};

// INVALID_CONFIG names key, file and reason, never what is in the file.
Result<TlsFiles> read_tls(const config::TlsConfig& config);

}  // namespace gvm::apps
