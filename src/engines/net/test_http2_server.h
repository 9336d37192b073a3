#pragma once
// A small HTTP/2 server over TLS on loopback whose streams go wrong as the test says. It decodes no
// header: a request is its place in the order of all requests. Included by tests only.
#include <openssl/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/certificate.h"

namespace gvm::net {

class Http2Server {
 public:
  enum class Act : std::uint8_t {
    answer,      // 200 and a short body
    refuse,      // RST_STREAM with REFUSED_STREAM
    go_away,     // GOAWAY with a last stream before this one, then the end of the connection
    disconnect,  // the end of the connection, with close_notify
    drop,        // the same without a word
  };
  struct Reply {
    Act act = Act::answer;
    std::chrono::milliseconds delay{0};
  };
  // Of the n-th request, from 0.
  using Script = std::function<Reply(std::size_t n)>;

  Http2Server(const test::Certificate& certificate, Script script);
  ~Http2Server();
  Http2Server(const Http2Server&) = delete;
  Http2Server& operator=(const Http2Server&) = delete;

  std::string url() const { return "https://localhost:" + std::to_string(port_) + "/"; }
  std::size_t request_count() const { return requests_; }

 private:
  class Connection;
  void accept_all();

  SSL_CTX* context_;
  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> requests_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> sockets_;  // open ones
  std::list<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace gvm::net
