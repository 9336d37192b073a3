#pragma once
// Certificates generated at run time, for TLS servers in tests.
#include <string>

namespace gvm::test {

struct Certificate {
  std::string pem;
  std::string key_pem;
};

enum class Validity { current, expired };

// A self-signed authority.
Certificate make_authority(const std::string& name);
// A server certificate for `host` (a DNS name), signed by `authority`.
Certificate make_certificate(const Certificate& authority, const std::string& host,
                             Validity validity = Validity::current);

}  // namespace gvm::test
