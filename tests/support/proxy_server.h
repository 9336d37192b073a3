#pragma once
// An HTTP proxy (CONNECT and absolute form) and a SOCKS5 proxy in one, on loopback, on a thread of
// its own. Whatever address a client asks for, only 127.0.0.1 is dialled: "public" destinations
// stay on the machine.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gvm::test {

class ProxyServer {
 public:
  struct Options {
    std::string username = {};  // required when not empty
    std::string password = {};
    int refuse_with = 0;  // status for every HTTP request; SOCKS5 says "not allowed"
  };

  struct Seen {
    std::string method;       // CONNECT, GET, ..., or SOCKS5
    std::string destination;  // "host:port", or the URL of an absolute form
    std::string head;         // the whole request, without the blank line; of HTTP
  };

  ProxyServer();
  explicit ProxyServer(Options options);
  ~ProxyServer();
  ProxyServer(const ProxyServer&) = delete;
  ProxyServer& operator=(const ProxyServer&) = delete;

  std::string url() const;        // "http://127.0.0.1:PORT"
  std::string socks_url() const;  // "socks5://127.0.0.1:PORT"
  std::uint16_t port() const;
  std::size_t connections() const;
  std::vector<Seen> seen() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::test
