#include "net/lane.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <set>

#include "net/http_client.h"
#include "support/http_server.h"

namespace gvm::net {
namespace {

std::string name_of_this_thread() {
  std::array<char, 16> name{};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  return name.data();
}

TEST(Lanes, EachLaneIsOneNamedThread) {
  Lanes lanes(3, {});
  lanes.start();
  std::set<std::string> names;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    std::promise<std::string> name;
    asio::post(lanes.at(i).context(), [&] { name.set_value(name_of_this_thread()); });
    names.insert(name.get_future().get());
  }
  EXPECT_EQ(names, (std::set<std::string>{"lane-0", "lane-1", "lane-2"}));
}

TEST(Lanes, SessionsAreDealtInTurn) {
  Lanes lanes(2, {});
  EXPECT_EQ(lanes.next().index(), 0U);
  EXPECT_EQ(lanes.next().index(), 1U);
  EXPECT_EQ(lanes.next().index(), 0U);
}

TEST(Lanes, EachLaneHasAClientOfItsOwn) {
  const test::HttpServer server([](const auto&) { return test::HttpServer::Reply{.body = "hi"}; });
  Lanes lanes(2, {});
  lanes.start();
  for (int i = 0; i < 4; ++i) {
    Lane& lane = lanes.next();
    HttpRequest request;
    request.url = server.url();
    auto done =
        asio::co_spawn(lane.executor(),
                       lane.http().send(std::move(request), Deadline::in(std::chrono::seconds(10))),
                       asio::use_future);
    const auto answer = done.get();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->reused_connection, i >= 2);
  }
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Lanes, StopWithRequestsRunningEndsThem) {
  const test::HttpServer server([](const auto&) {
    return test::HttpServer::Reply{.behaviour = test::HttpServer::Behaviour::hang};
  });
  {
    Lanes lanes(2, {});
    lanes.start();
    for (int i = 0; i < 4; ++i) {
      Lane& lane = lanes.next();
      HttpRequest request;
      request.url = server.url();
      asio::co_spawn(lane.executor(), lane.http().send(std::move(request), Deadline::never()),
                     [](std::exception_ptr, HttpResult) {});
    }
    EXPECT_TRUE(server.wait_for_requests(4, std::chrono::seconds(10)));
    lanes.stop();
    lanes.join();
  }
  EXPECT_TRUE(server.wait_for_open_connections(0, std::chrono::seconds(10)));
}

}  // namespace
}  // namespace gvm::net
