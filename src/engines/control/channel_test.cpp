// The manager's channel to a module.
#include "control/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "support/run_coroutine.h"

namespace gvm::control {
namespace {

Value say(const char* what) {
  return Value::object({{"do", Value::string(what)}});
}

TEST(ControlChannel, CarriesMessagesInOrderWithADescriptor) {
  asio::io_context context;
  auto [left, right] = make_pair();
  Channel channel(context, std::move(right));
  auto [pipe_left, pipe_right] = make_pair();
  ASSERT_TRUE(send_now(left.get(), say("first")));
  ASSERT_TRUE(send_now(left.get(), say("second"), pipe_right.get()));
  auto first = test::run(context, channel.receive());
  auto second = test::run(context, channel.receive());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->body.find("do")->as_string(), "first");
  EXPECT_FALSE(first->fd);
  ASSERT_TRUE(second->fd);
  pipe_right.reset();
  ASSERT_TRUE(send_now(second->fd.get(), say("through it")));
  EXPECT_EQ(receive_now(pipe_left.get())->body.find("do")->as_string(), "through it");
}

TEST(ControlChannel, EndsWhenThePeerGoes) {
  asio::io_context context;
  auto [left, right] = make_pair();
  Channel channel(context, std::move(right));
  left.reset();
  EXPECT_FALSE(test::run(context, channel.receive()));
  EXPECT_FALSE(channel.send(say("nobody hears it")));
}

TEST(ControlChannel, EndsAtWhatIsNoMessage) {
  for (const std::string text : {"no JSON", "[1]", "\xff", "{\"a\":"}) {
    auto [left, right] = make_pair();
    ASSERT_EQ(::send(left.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    EXPECT_FALSE(receive_now(right.get())) << text;
  }
}

TEST(ControlChannel, RefusesWhatIsTooLong) {
  auto [left, right] = make_pair();
  EXPECT_FALSE(
      send_now(left.get(), Value::object({{"a", Value::string(std::string(kMostBytes, 'a'))}})));
}

}  // namespace
}  // namespace gvm::control
