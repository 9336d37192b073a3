#pragma once
// Shared by the HTTP benchmarks: a server with a small and constant cost, and CPU time per request.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace gvm::bench {

inline constexpr std::size_t kAnswerBody = 600;

// Answers every request with the same bytes. One blocking thread per connection, so that its cost
// is small and constant.
class CannedServer {
 public:
  // `request_body`: bytes of each request's body. `answer`: a whole HTTP answer; empty: JSON of
  // kAnswerBody bytes.
  explicit CannedServer(std::size_t request_body, std::string answer = {})
      : request_body_(request_body), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(fd_, SOMAXCONN);
    port_ = ntohs(address.sin_port);
    if (!answer.empty()) answer_ = std::move(answer);
    url_ = fmt::format("http://127.0.0.1:{}/v1/chat/completions", ntohs(address.sin_port));
    std::thread([this] { accept(); }).detach();  // until the process ends
  }
  const std::string& url() const { return url_; }
  std::uint16_t port() const { return port_; }

 private:
  void accept() {
    for (;;) {
      const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      const int on = 1;
      ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      std::thread([this, peer] { serve(peer); }).detach();
    }
  }

  void serve(int peer) const {
    std::string in;
    char piece[16 * 1024];
    for (ssize_t n = 0; (n = ::read(peer, piece, sizeof(piece))) > 0;) {
      in.append(piece, static_cast<std::size_t>(n));
      const auto head = in.find("\r\n\r\n");
      if (head == std::string::npos || in.size() < head + 4 + request_body_) continue;
      in.clear();
      if (::write(peer, answer_.data(), answer_.size()) < 0) break;
    }
    ::close(peer);
  }

  std::size_t request_body_;
  int fd_;
  std::uint16_t port_ = 0;
  std::string url_;
  std::string answer_ = fmt::format(
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nserver: canned\r\nx-request-id: 1\r\n"
      "content-length: {}\r\n\r\n{}",
      kAnswerBody, std::string(kAnswerBody, 'a'));
};

struct Cost {
  double cpu_us;  // of the calling thread, a request
  double per_second;
};

template <class Run>
Cost measure(std::size_t requests, Run&& run) {
  const auto cpu = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
  };
  const double cpu_before = cpu();
  const auto before = std::chrono::steady_clock::now();
  run(requests);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - before;
  return {(cpu() - cpu_before) / static_cast<double>(requests),
          static_cast<double>(requests) / wall.count()};
}

inline std::size_t append(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

inline void report(std::string_view what, Cost cost, Cost floor) {
  fmt::print("{:<34} {:7.1f} us CPU/request {:8.0f} requests/s   {:.2f}x\n", what, cost.cpu_us,
             cost.per_second, cost.cpu_us / floor.cpu_us);
}

}  // namespace gvm::bench
