#pragma once
// Certificates for the sites that a test plays: one authority for the run, which the module under
// test trusts, and a certificate for each host that is asked for.
#include <memory>
#include <string>

struct ssl_st;

namespace gvm::apps {

class MockAuthority {
 public:
  // Throws std::runtime_error when OpenSSL cannot make it.
  MockAuthority();
  ~MockAuthority();
  MockAuthority(const MockAuthority&) = delete;
  MockAuthority& operator=(const MockAuthority&) = delete;

  const std::string& pem() const { return pem_; }
  // The server's end of a handshake has a certificate for `host` then, valid from an hour ago for a
  // day. Throws like the constructor.
  void present(ssl_st* connection, const std::string& host) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::string pem_;
};

}  // namespace gvm::apps
