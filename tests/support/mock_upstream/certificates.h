#pragma once
// The certificates that a mock upstream presents: a valid one for "localhost", and those of TLS
// faults.
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "support/mock_upstream/fault.h"

namespace gvm::mock {

class Certificates {
 public:
  Certificates();
  ~Certificates();
  const std::string& authority_pem() const { return authority_pem_; }
  // The valid one, for faults that need no other certificate.
  boost::asio::ssl::context& context(TlsFault fault);

 private:
  struct Contexts;
  std::string authority_pem_;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace gvm::mock
