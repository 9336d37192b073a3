// How much of the machine a page may use, and that its traffic ends when it is told to.
#include <sys/resource.h>

#include "egress/test_proxy.h"

namespace gvm::egress {
namespace {

using test::HttpServer;
using test::SilentPort;
using testing::HasSubstr;

constexpr auto kShort = 150ms;
// How late a limit may take effect.
constexpr auto kLate = 2s;

struct Limits : ProxyFixture {
  std::unique_ptr<Socket> tunnel() {
    auto socket = connect();
    EXPECT_THAT(exchange(*socket, connect_to("public.example.com:443"), "\r\n\r\n"),
                HasSubstr("200"));
    return socket;
  }
  // Nothing listens there: connection attempts get no answer.
  SilentPort silent;
  void SetUp() override { dialer.port = silent.port(); }
};

HttpServer::Handler big(std::size_t bytes) {
  return [bytes](const HttpServer::Request&) {
    HttpServer::Reply reply;
    reply.body = std::string(bytes, 'x');
    return reply;
  };
}

template <class F>
auto timed(F&& work) {
  const auto begin = Clock::now();
  work();
  return Clock::now() - begin;
}

TEST_F(Limits, CloseCutsEveryConnectionAtOnce) {
  open();
  const auto first = tunnel();
  const auto second = tunnel();
  EXPECT_EQ(slot->usage().open_connections, 2U);
  slot->close();
  EXPECT_LT(timed([&] {
              EXPECT_EQ(read(*first), "");
              EXPECT_EQ(read(*second), "");
            }),
            kLate);
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
}

TEST_F(Limits, OpeningAnewCutsWhatWasBeforeAndCountsAnew) {
  open();
  const auto before = tunnel();
  open();
  EXPECT_EQ(read(*before), "");
  EXPECT_EQ(slot->usage().connections, 0U);
  EXPECT_EQ(slot->usage().dialled, 0U);
}

TEST_F(Limits, CloseCutsAConnectionThatIsBeingDialled) {
  dialer.hanging = {"93.184.216.34"};
  open();
  const auto socket = connect();
  asio::write(*socket, asio::buffer(connect_to("public.example.com:443")));
  ASSERT_TRUE(until([&] { return dialer.dialled.size() == 1; }));
  slot->close();
  EXPECT_EQ(read(*socket), "");
  EXPECT_TRUE(until([&] { return dialer.cancelled == 1; }));
}

TEST_F(Limits, DroppingTheSlotStopsListening) {
  open();
  const auto socket = tunnel();
  slot.reset();
  EXPECT_EQ(read(*socket), "");
  Socket late(io);
  boost::system::error_code error;
  late.connect(Endpoint(asio::ip::address_v4::loopback(), proxy_port), error);
  EXPECT_TRUE(error);
}

TEST_F(Limits, ConnectionsAtTheSameTime) {
  open_with({.connections = 2});
  const auto first = tunnel();
  const auto second = tunnel();
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
  EXPECT_EQ(slot->usage().refused.at(0).detail, "connections");
}

// Connects without waiting: connections that the proxy does not accept stay in the kernel's queue.
std::unique_ptr<Socket> begin_to_connect(asio::io_context& io, std::uint16_t port) {
  auto socket = std::make_unique<Socket>(io, asio::ip::tcp::v4());
  socket->non_blocking(true);
  const Endpoint proxy(asio::ip::address_v4::loopback(), port);
  const auto size = static_cast<socklen_t>(proxy.size());
  (void)::connect(socket->native_handle(), proxy.data(), size);  // Asio's connect would wait
  return socket;
}

TEST_F(Limits, SocketsThatAskForNothingAreCapped) {
  constexpr std::size_t kAsked = 400;
  constexpr std::size_t kMost = 100;
  const auto flood = [&] {
    std::vector<std::unique_ptr<Socket>> sockets;
    for (std::size_t i = 0; i < kAsked; ++i) {
      sockets.push_back(begin_to_connect(io, proxy_port));
      io.poll();
      ASSERT_LE(slot->usage().open_connections, kMost);
    }
    sockets.clear();  // the proxy then accepts others
    EXPECT_TRUE(until([&] { return slot->usage().open_connections == 0; }));
  };
  open_with({.connections = 2});
  flood();
  tunnel();
  slot->close();
  flood();
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
}

TEST_F(Limits, ConnectionsFasterThanAnyPageOpensThemAreHeldBack) {
  open_with({.total_connections = 100});
  const auto began = Clock::now();
  for (int i = 0; i < 3000; ++i) {
    begin_to_connect(io, proxy_port);
    io.poll();
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - began).count();
  EXPECT_LE(slot->usage().connections, 500U * static_cast<std::size_t>(seconds + 1));
}

TEST_F(Limits, AFailedAcceptIsNotRepeatedAtOnce) {
  open();
  // UBSan checks an object's type by a pipe the first time it sees it, so one accepted connection
  // comes before the limit.
  begin_to_connect(io, proxy_port);
  ASSERT_TRUE(
      until([&] { return slot->usage().connections == 1 && slot->usage().open_connections == 0; }));
  const auto waiting = begin_to_connect(io, proxy_port);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const std::size_t turns = io.run_for(200ms);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_LE(turns, 20U);
  EXPECT_EQ(slot->usage().connections, 1U);
  EXPECT_TRUE(until([&] { return slot->usage().connections == 2; }));
}

TEST_F(Limits, ConnectionsAltogether) {
  open_with({.total_connections = 2});
  for (int i = 0; i < 2; ++i) tunnel();
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
  EXPECT_EQ(slot->usage().refused.at(0).detail, "total_connections");
}

TEST_F(Limits, BytesFromOutside) {
  const HttpServer server(big(4 * kMiB));
  dialer.port = server.port();
  open_with({.bytes_in = kMiB});
  EXPECT_LT(ask(get("http://public.example.com/")).size(), 2 * kMiB);
  EXPECT_EQ(ask(get("http://public.example.com/")), kRefused);
}

TEST_F(Limits, BytesToOutside) {
  open_with({.bytes_out = 100 * kKiB});
  const auto socket = tunnel();
  const std::string much(400 * kKiB, 'x');
  boost::system::error_code ignored;
  asio::async_write(*socket, asio::buffer(much), [](auto, std::size_t) {});
  EXPECT_EQ(read(*socket), "");
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
}

TEST_F(Limits, HeaderOfARequest) {
  open_with({.header_bytes = 4 * kKiB});
  const std::string long_value(8 * kKiB, 'x');
  EXPECT_EQ(ask(get("http://public.example.com/", "X: " + long_value + "\r\n")), kRefused);
  EXPECT_TRUE(dialer.dialled.empty());
}

TEST_F(Limits, TimeForTheHeader) {
  open_with({.request_header = kShort});
  const auto socket = connect();
  EXPECT_LT(timed([&] { EXPECT_EQ(exchange(*socket, "CONNECT pub"), ""); }), kLate);
}

TEST_F(Limits, TimeToConnect) {
  dialer.hanging = {"93.184.216.34"};
  open_with({.connect = kShort});
  EXPECT_LT(timed([&] { EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused); }), kLate);
  EXPECT_TRUE(until([&] { return dialer.cancelled == 1; }));
}

TEST_F(Limits, TimeWithoutAByte) {
  open_with({.idle = kShort});
  const auto socket = tunnel();
  EXPECT_LT(timed([&] { EXPECT_EQ(read(*socket), ""); }), kLate);
}

TEST_F(Limits, TimeAltogether) {
  open_with({.total = kShort});
  const auto socket = connect();
  asio::write(*socket, asio::buffer(connect_to("public.example.com:443")));
  EXPECT_LT(timed([&] { read(*socket); }), kLate);
  EXPECT_EQ(ask(connect_to("public.example.com:443")), kRefused);
  EXPECT_EQ(slot->usage().refused.back().detail, "total");
}

TEST_F(Limits, ASlowReaderHoldsTheServerBack) {
  const HttpServer server(big(32 * kMiB));
  dialer.port = server.port();
  open();
  const auto socket = connect();
  asio::write(*socket, asio::buffer(get("http://public.example.com/")));
  std::size_t before = 1;
  // Nobody reads, so the relay comes to a stop.
  ASSERT_TRUE(until([&] {
    const std::size_t now = slot->usage().bytes_in;
    const bool rests = now == before && now > 0;
    before = now;
    return rests;
  }));
  EXPECT_LT(slot->usage().bytes_in, 16 * kMiB);
  EXPECT_GT(read(*socket).size(), 32 * kMiB);
}

}  // namespace
}  // namespace gvm::egress
