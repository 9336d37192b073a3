#include "net/socket_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace gvm::net {
namespace {

using Stream = asio::local::stream_protocol::socket;

struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0); }
  std::array<int, 2> ends{-1, -1};
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 256; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

struct Watched : testing::Test {
  asio::io_context context;
  std::vector<std::pair<curl_socket_t, int>> seen;
  SocketWatch watch{context, [this](curl_socket_t fd, int bits) {
                      seen.emplace_back(fd, bits);
                      watch.want(fd, CURL_POLL_REMOVE);
                    }};
};

TEST_F(Watched, ReadinessIsReportedByLibcurlsNumber) {
  const Pair pair;
  ASSERT_TRUE(watch.opened(pair.ends[0]));
  watch.want(pair.ends[0], CURL_POLL_IN);
  ASSERT_EQ(::write(pair.ends[1], "x", 1), 1);
  context.run();
  EXPECT_EQ(seen, (std::vector<std::pair<curl_socket_t, int>>{{pair.ends[0], CURL_CSELECT_IN}}));
  watch.close(pair.ends[0]);
  ::close(pair.ends[1]);
}

// libcurl closes a socket that never became a connection without a callback, and tells so
// afterwards.
TEST_F(Watched, ANumberThatWasClosedInSilenceAndIsUsedAnewKeepsItsNewOwner) {
  const Pair lost;
  ASSERT_TRUE(watch.opened(lost.ends[0]));
  watch.want(lost.ends[0], CURL_POLL_IN);
  ::close(lost.ends[0]);

  // Meanwhile another thread has accepted a connection with the same number for this reactor.
  const Pair fresh;
  ASSERT_EQ(::dup2(fresh.ends[0], lost.ends[0]), lost.ends[0]);
  Stream owner(context, asio::local::stream_protocol(), lost.ends[0]);
  std::array<char, 1> byte{};
  bool arrived = false;
  owner.async_read_some(asio::buffer(byte), [&](auto ec, std::size_t) { arrived = !ec; });

  watch.want(lost.ends[0], CURL_POLL_REMOVE);
  ASSERT_EQ(::write(fresh.ends[1], "x", 1), 1);
  context.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(arrived);
  EXPECT_TRUE(seen.empty());
  for (const int fd : {fresh.ends[0], fresh.ends[1], lost.ends[1]}) ::close(fd);
}

TEST_F(Watched, ASocketClosedInSilenceIsClosedForItsPeerOnceLibcurlLooksAway) {
  const Pair pair;
  ASSERT_TRUE(watch.opened(pair.ends[0]));
  watch.want(pair.ends[0], CURL_POLL_IN);
  ::close(pair.ends[0]);
  watch.want(pair.ends[0], CURL_POLL_REMOVE);
  char byte = 0;
  EXPECT_EQ(::recv(pair.ends[1], &byte, 1, MSG_DONTWAIT), 0) << "the end";
  ::close(pair.ends[1]);
}

TEST_F(Watched, NoDescriptorIsLeftOver) {
  const auto round = [this](bool waits) {
    const Pair pair;
    ASSERT_TRUE(watch.opened(pair.ends[0]));
    if (waits) watch.want(pair.ends[0], CURL_POLL_INOUT);
    watch.close(pair.ends[0]);
    ::close(pair.ends[1]);
    context.restart();
    context.run();
  };
  round(true);  // by then the reactor has opened its own descriptors
  const auto before = open_descriptors();
  round(false);
  round(true);
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace gvm::net
