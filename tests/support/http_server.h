#pragma once
// A scripted HTTP/1.1 upstream on loopback for tests: real sockets, optionally TLS, on a thread of
// its own. A handler decides each reply, and how it goes wrong. All members may be called from any
// thread.
//
//   test::HttpServer server([](const test::HttpServer::Request& request) -> test::HttpServer::Reply
//   {
//     return {.status = 200, .headers = {{"content-type", "application/json"}}, .body = "{}"};
//   });
//   client.get(server.url("/v1/chat/completions"));
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gvm::test {

class HttpServer {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  struct Request {
    std::string method;
    std::string target;
    Headers headers;  // names lower case
    std::string body;
    std::size_t connection = 0;  // 0 for the first one accepted
    // First header of that (lower-case) name; empty when absent.
    std::string header(std::string_view name) const;
  };

  enum class Behaviour {
    normal,            // Content-Length and keep-alive
    chunked,           // the body in chunks of 1,000 bytes, then a trailer
    until_close,       // no length: the body ends with the connection
    close_after,       // normal, with "Connection: close"
    close_silently,    // normal, but the connection is then closed although keep-alive was promised
    hang,              // no answer until the peer disconnects
    hang_in_headers,   // the status line, then silence
    hang_in_body,      // headers and half of the body, then silence
    cut,               // closed without an answer
    reset,             // reset (RST) without an answer
    cut_in_headers,    // the status line, then closed
    cut_in_body,       // headers and half of the body, then closed
    drip,              // the body byte by byte, `drip_interval` apart
    length_too_long,   // twice the length of the body is announced, then closed
    length_too_short,  // half the length of the body is announced, the whole is sent
    garbage,           // the body alone, where a status line should be; then closed
    endless_headers,   // header lines until the peer disconnects
  };

  struct Reply {
    int status = 200;
    Headers headers = {};
    std::string body = {};
    Behaviour behaviour = Behaviour::normal;
    std::chrono::milliseconds delay{0};  // before anything is sent
    std::chrono::milliseconds drip_interval{20};
  };

  // Called on the server's thread, one at a time.
  using Handler = std::function<Reply(const Request&)>;

  struct Options {
    std::string certificate_pem = {};  // with a key: TLS (ALPN http/1.1)
    std::string key_pem = {};
    std::size_t kept_requests = 1000;  // the last ones are kept for requests()
  };

  explicit HttpServer(Handler handler);
  HttpServer(Handler handler, Options options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "http://127.0.0.1:PORT/path", or "https://localhost:PORT/path".
  std::string url(std::string_view path = "/") const;
  std::uint16_t port() const;

  std::size_t connections() const;       // accepted so far
  std::size_t open_connections() const;  // of them, not yet closed by either side
  std::size_t request_count() const;     // complete requests so far
  std::vector<Request> requests() const;
  Request last_request() const;  // an empty one when there was none

  // Closes every connection that waits for its next request; waits until there is one. Returns
  // their number.
  std::size_t close_idle_connections();
  // Sends unsolicited bytes on every connection that waits for its next request; waits until there
  // is one. Returns their number.
  std::size_t send_on_idle_connections(std::string bytes);

  // False when the condition did not become true in time.
  bool wait_for_requests(std::size_t at_least, std::chrono::milliseconds timeout) const;
  bool wait_for_open_connections(std::size_t exactly, std::chrono::milliseconds timeout) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A loopback port that refuses connections for as long as this lives (bound, never listening).
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/") const;

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// A loopback port on which connecting hangs: its queue of unaccepted connections is full.
class UnacceptingPort {
 public:
  UnacceptingPort();
  ~UnacceptingPort();
  UnacceptingPort(const UnacceptingPort&) = delete;
  UnacceptingPort& operator=(const UnacceptingPort&) = delete;
  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/") const;

 private:
  int fd_;
  std::vector<int> fillers_;
  std::uint16_t port_ = 0;
};

// A loopback port that accepts connections and then neither reads nor writes.
class SilentPort {
 public:
  SilentPort();
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/") const;

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

}  // namespace gvm::test
