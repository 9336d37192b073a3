// What one peer may take from the others.
#include <gtest/gtest.h>

#include <deque>

#include "base/size.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/neighbour.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using test::WireClient;

HttpServer answering(std::string text) {
  return HttpServer([body = openai_answer(text)](const HttpServer::Request&) {
    return HttpServer::Reply{.body = body};
  });
}

std::string refusal_of(std::uint16_t port) {
  try {
    GenVm genvm(port);
    return "let in";
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST(Limits, ASessionTooManyIsRefusedClearly) {
  HttpServer upstream = answering("fine");
  Module module({.backends = backend_at(upstream.url("")), .more = "serve: {max_sessions: 2}\n"});
  auto first = std::make_unique<GenVm>(module.port());
  GenVm second(module.port());
  EXPECT_EQ(first->ask(prompt("x")).text(), "fine");
  EXPECT_EQ(second.ask(prompt("x")).text(), "fine");
  EXPECT_NE(refusal_of(module.port()).find("503"), std::string::npos);
  auto framed = WireClient::tcp(module.port());
  framed.send_frame(encode(hello_a()));
  const auto reply = framed.receive_frame();
  ASSERT_TRUE(reply);
  EXPECT_EQ(parse_reply(*reply).outcome(), "FatalError TOO_MANY_SESSIONS");
  EXPECT_TRUE(framed.closed_within(5s));
  first->ws().vanish();
  EXPECT_TRUE(eventually([&] { return refusal_of(module.port()) == "let in"; }, 5s))
      << "a place that is given back can be taken";
}

TEST(Limits, APeerThatDoesNotReadHoldsNobodyUp) {
  HttpServer upstream = answering(std::string(1 * kMiB, 'a'));
  Module module({.backends = backend_at(upstream.url(""))});
  auto deaf = WireClient::tcp(module.port());
  deaf.send_frame(encode(hello_a()));
  std::string frames;
  const std::string one = encode(prompt("x"));
  for (int i = 0; i < 5000; ++i)
    frames += std::string("\0\0\0", 3) + static_cast<char>(one.size()) + one;
  (void)deaf.send_what_fits(frames, 300ms);
  Neighbour neighbour(module.port());
  ASSERT_TRUE(upstream.wait_for_requests(20, 20s));
  neighbour.expect_on_time();
#ifndef GVM_SANITIZED
  EXPECT_LT(module.resident_bytes(), 250 * kMiB);
#endif
}

TEST(Limits, AnnouncedLengthsTakeNoMemory) {
  HttpServer upstream = answering("fine");
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "fine");
  const auto before = module.resident_bytes();
  std::deque<WireClient> peers;
  constexpr int kPeers = 40;  // each announces 31 MiB and sends a few bytes
  for (int i = 0; i < kPeers; ++i) {
    peers.push_back(WireClient::tcp(module.port()));
    peers.back().send_frame(encode(hello_a()));
    peers.back().send(std::string("\x01\xf0\x00\x00 a few bytes", 16));
  }
  EXPECT_TRUE(module.wait_for_sessions(kPeers + 1));
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "fine");
  EXPECT_LT(module.resident_bytes(), before + 60 * kMiB);
}

}  // namespace
}  // namespace gvm::e2e
