#pragma once
// An HTTP/1.1 server and proxy on loopback, for `script test`: takes the requests of a module under
// test, also those in a tunnel with TLS (CONNECT), and answers as it is told. A thread of its own.
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "apps/front/mock_certificates.h"

namespace gvm::apps {

struct MockRequest {
  std::string method;
  std::string target;  // a path, or of a request to a proxy the whole URL
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
};

struct MockReply {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool drop = false;  // closes the connection without an answer
};

class MockServer {
 public:
  // Called on the server's thread, for one request after the other.
  using Answer = std::function<MockReply(const MockRequest&)>;

  // Throws boost::system::system_error when no port of 127.0.0.1 can be had.
  explicit MockServer(Answer answer);
  // Closes every connection.
  ~MockServer();
  MockServer(const MockServer&) = delete;
  MockServer& operator=(const MockServer&) = delete;

  std::uint16_t port() const { return port_; }
  // What signs the certificates of the sites (PEM).
  const std::string& authority_pem() const { return authority_.pem(); }

 private:
  MockAuthority authority_;
  boost::asio::io_context context_{1};
  Answer answer_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace gvm::apps
