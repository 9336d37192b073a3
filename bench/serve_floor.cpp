// What a session costs beyond the bare floor: echo round trips through serve/ against a bare Beast
// echo server in the same run, and the memory of an idle session. `bench_serve_floor [SECONDS]
// [IDLE_SESSIONS] [CONNECTIONS]`
//
// CPU is the server thread's own, so that the client on the same cores does
// not blur it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "net/http_client_options.h"
#include "serve/server.h"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Seconds = std::chrono::duration<double>;
using namespace gvm;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMessageBytes = 300;  // a short prompt

class EchoHandler final : public serve::SessionHandler {
 public:
  Result<void> hello(std::string) override { return {}; }
  asio::awaitable<std::string> request(std::string frame, Deadline) override { co_return frame; }
  std::string deadline_reply() override { return {}; }
  std::string refusal_reply(Error) override { return {}; }
  asio::awaitable<void> finish(Deadline) override { co_return; }
};

class EchoService final : public serve::Service {
 public:
  std::unique_ptr<serve::SessionHandler> open(net::Lane&, std::uint64_t) override {
    return std::make_unique<EchoHandler>();
  }
  void collect_metrics(metrics::Exposition&) override {}
  Health health() override { return {}; }
};

asio::awaitable<void> bare_echo(tcp::socket socket) {
  socket.set_option(tcp::no_delay(true));
  beast::websocket::stream<tcp::socket, false> ws(std::move(socket));
  ws.auto_fragment(false);
  ws.binary(true);
  const auto [refused] = co_await ws.async_accept(kToken);
  if (refused) co_return;
  beast::flat_buffer buffer;
  for (;;) {
    const auto [read_error, read] = co_await ws.async_read(buffer, kToken);
    if (read_error) co_return;
    const auto bytes = buffer.data();
    const auto [write_error, written] = co_await ws.async_write(bytes, kToken);
    if (write_error) co_return;
    buffer.consume(buffer.size());
  }
}

asio::awaitable<void> bare_accept(tcp::acceptor& acceptor) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kToken);
    if (error) co_return;
    tcp::socket accepted(std::move(socket));
    asio::co_spawn(acceptor.get_executor(), bare_echo(std::move(accepted)), asio::detached);
  }
}

// CPU seconds a thread has used.
double thread_cpu(clockid_t clock) {
  timespec spent{};
  ::clock_gettime(clock, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void write_all(int fd, const std::string& bytes) {
  if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("send");
  }
}

void read_exactly(int fd, char* into, std::size_t count) {
  while (count > 0) {
    const auto got = ::recv(fd, into, count, 0);
    if (got <= 0) throw std::runtime_error("recv");
    into += got;
    count -= static_cast<std::size_t>(got);
  }
}

int upgraded(std::uint16_t port) {
  const int fd = connect_to(port);
  write_all(fd,
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char one = 0;
    read_exactly(fd, &one, 1);
    head += one;
  }
  return fd;
}

// A masked binary frame with a mask of zeros.
std::string frame_of(std::size_t size) {
  std::string frame("\x82\xfe", 2);
  frame += static_cast<char>(size >> 8);
  frame += static_cast<char>(size);
  return frame + std::string(4, '\0') + std::string(size, 'x');
}

struct Figures {
  double per_second = 0;
  double cpu_us = 0;  // of the server, per round trip
};

// One round trip after the other on each of `connections`, in one thread.
Figures measure(std::uint16_t port, clockid_t server_clock, double seconds, std::size_t connections,
                bool hello) {
  std::vector<int> fds;
  const auto frame = frame_of(kMessageBytes);
  std::string reply(kMessageBytes + 4, '\0');
  for (std::size_t i = 0; i < connections; ++i) {
    fds.push_back(upgraded(port));
    if (hello) write_all(fds.back(), frame);
  }
  const auto round = [&] {
    for (const int fd : fds) write_all(fd, frame);
    for (const int fd : fds) read_exactly(fd, reply.data(), reply.size());
  };
  for (int i = 0; i < 2000; ++i) round();
  const double cpu = thread_cpu(server_clock);
  const auto began = std::chrono::steady_clock::now();
  std::size_t rounds = 0;
  while (std::chrono::steady_clock::now() - began < Seconds(seconds)) {
    for (int i = 0; i < 50; ++i) round();
    rounds += 50 * fds.size();
  }
  const double span = Seconds(std::chrono::steady_clock::now() - began).count();
  Figures figures;
  figures.per_second = static_cast<double>(rounds) / span;
  figures.cpu_us = (thread_cpu(server_clock) - cpu) * 1e6 / static_cast<double>(rounds);
  for (const int fd : fds) ::close(fd);
  return figures;
}

double resident_kib() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

// A session that has said hello: the pong says that the server has read it.
int idle_session(std::uint16_t port) {
  const int fd = upgraded(port);
  write_all(fd, frame_of(200) + std::string("\x89\x80\0\0\0\0", 6));
  char pong[2];
  read_exactly(fd, pong, sizeof pong);
  return fd;
}

// KiB a session that waits for its first request.
double idle_session_kib(serve::Server& server, std::size_t count) {
  std::vector<int> fds;
  fds.reserve(2 * count);
  const std::size_t warm = count / 10;
  while (fds.size() < warm) fds.push_back(idle_session(server.port()));
  const double before = resident_kib();
  while (fds.size() < warm + count) fds.push_back(idle_session(server.port()));
  const double after = resident_kib();
  for (const int fd : fds) ::close(fd);
  return (after - before) / static_cast<double>(count);
}

void print(const char* name, const Figures& figures) {
  std::printf("%-28s %10.0f round trips/s   %6.2f us CPU each\n", name, figures.per_second,
              figures.cpu_us);
}

clockid_t lane_clock(net::Lanes& lanes) {
  std::promise<clockid_t> found;
  asio::post(lanes.at(0).executor(), [&] {
    clockid_t clock = 0;
    ::pthread_getcpuclockid(::pthread_self(), &clock);
    found.set_value(clock);
  });
  return found.get_future().get();
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  const std::size_t idle = argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 2000;
  const std::size_t connections = argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : 16;

  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  asio::io_context bare(1);
  tcp::acceptor acceptor(bare, {asio::ip::address_v4::loopback(), 0});
  asio::co_spawn(bare, bare_accept(acceptor), asio::detached);
  std::thread bare_thread([&] { bare.run(); });
  clockid_t bare_clock = 0;
  ::pthread_getcpuclockid(bare_thread.native_handle(), &bare_clock);

  EchoService service;
  net::Lanes lanes(1, net::HttpClientOptions());
  lanes.start();
  serve::ServerOptions options;
  options.max_sessions = 2 * idle + connections;
  serve::Server server(options, lanes, service, log::Logger());
  if (const auto bound = server.bind(); !bound) {
    std::fprintf(stderr, "%s\n", bound.error().to_string().c_str());
    return 1;
  }
  server.start();
  const auto served_clock = lane_clock(lanes);

  std::printf("idle session: %.1f KiB (resident memory over %zu sessions)\n",
              idle_session_kib(server, idle), idle);
  for (const std::size_t count : {std::size_t{1}, connections}) {
    std::printf("%zu connection%s, messages of %zu bytes\n", count, count == 1 ? "" : "s",
                kMessageBytes);
    const auto floor = measure(acceptor.local_endpoint().port(), bare_clock, seconds, count, false);
    print("  bare Beast echo", floor);
    const auto served = measure(server.port(), served_clock, seconds, count, true);
    print("  serve", served);
    std::printf("  ratio: %.2f of the floor's round trips, %.2f times its CPU\n",
                served.per_second / floor.per_second, served.cpu_us / floor.cpu_us);
  }
  bare.stop();
  bare_thread.join();
}
