// What HttpClient costs beside libcurl used directly: CPU time of the calling thread a request, on
// kept-alive loopback connections to a server that answers from threads of its own. Usage:
// bench_http_client [requests]
#include "net/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

using namespace gvm;
namespace asio = boost::asio;

constexpr std::size_t kRequestBody = 1024;
constexpr std::size_t kAnswerBody = 600;
constexpr std::size_t kConcurrency = 64;

// Answers every request with the same bytes; one blocking thread a connection, so that it costs
// little and the same always.
class CannedServer {
 public:
  CannedServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(fd_, SOMAXCONN);
    url_ = fmt::format("http://127.0.0.1:{}/v1/chat/completions", ntohs(address.sin_port));
    std::thread([this] { accept(); }).detach();  // until the process ends
  }
  const std::string& url() const { return url_; }

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
      if (head == std::string::npos || in.size() < head + 4 + kRequestBody) continue;
      in.clear();
      if (::write(peer, answer_.data(), answer_.size()) < 0) break;
    }
    ::close(peer);
  }

  int fd_;
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

std::size_t append(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

// The floor: one handle, blocking, every per-request option set anew.
void bare_libcurl(const std::string& url, std::size_t requests) {
  CURL* easy = curl_easy_init();
  const std::string body(kRequestBody, 'q');
  for (std::size_t i = 0; i < requests; ++i) {
    std::string answer;
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Authorization: Bearer 0123456789abcdef0123456789abcdef");
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    if (curl_easy_perform(easy) != CURLE_OK || answer.size() != kAnswerBody) std::abort();
    curl_slist_free_all(headers);
  }
  curl_easy_cleanup(easy);
}

asio::awaitable<void> ask(net::HttpClient& client, std::string url, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    net::HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers.push_back({"Content-Type", "application/json"});
    request.secret_headers.push_back(
        {"Authorization", "Bearer ", Secret("0123456789abcdef0123456789abcdef")});
    request.body = std::string(kRequestBody, 'q');
    const auto answer =
        co_await client.send(std::move(request), Deadline::in(std::chrono::seconds(60)));
    if (!answer || answer->body.size() != kAnswerBody) std::abort();
  }
}

void through_client(const std::string& url, std::size_t requests, std::size_t concurrency) {
  asio::io_context context(1);
  net::HttpClient client(context, {});
  for (std::size_t i = 0; i < concurrency; ++i) {
    asio::co_spawn(context, ask(client, url, requests / concurrency), asio::detached);
  }
  context.run();
}

void report(const char* what, Cost cost, Cost floor) {
  fmt::print("{:<34} {:7.1f} us CPU/request {:8.0f} requests/s   {:.2f}x\n", what, cost.cpu_us,
             cost.per_second, cost.cpu_us / floor.cpu_us);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 30'000;
  const CannedServer server;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  through_client(server.url(), requests / 10, 1);  // warm
  const Cost bare = measure(requests, [&](std::size_t n) { bare_libcurl(server.url(), n); });
  const Cost one = measure(requests, [&](std::size_t n) { through_client(server.url(), n, 1); });
  const Cost many =
      measure(requests, [&](std::size_t n) { through_client(server.url(), n, kConcurrency); });
  report("libcurl easy, blocking, sequential", bare, bare);
  report("HttpClient, sequential", one, bare);
  report(fmt::format("HttpClient, {} at a time", kConcurrency).c_str(), many, bare);
}
