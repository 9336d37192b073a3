// Bytes that belong to no answer: data that a broken server sends after an answer must not be read
// as the next answer.
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <thread>

#include "net/test_http_client.h"

namespace gvm::net {
namespace {

constexpr std::string_view kGood = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

// Writes the text that `script` returns for the n-th request, over whichever connection it comes;
// an empty text closes the connection. One connection at a time.
class RawServer {
 public:
  using Script = std::function<std::string(std::size_t request, std::size_t connection)>;
  explicit RawServer(Script script) : script_(std::move(script)), thread_([this] { serve(); }) {}
  ~RawServer() {
    boost::system::error_code ignored;
    stopping_ = true;
    ::shutdown(serving_, SHUT_RDWR);  // the client keeps its connection open
    asio::ip::tcp::socket wake(context_);
    wake.connect(acceptor_.local_endpoint(), ignored);
    wake.close(ignored);
    thread_.join();
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }
  std::size_t requests() const { return requests_; }
  std::size_t connections() const { return connections_; }

 private:
  void serve() {
    while (!stopping_) {
      asio::ip::tcp::socket socket(context_);
      acceptor_.accept(socket);
      if (!stopping_) serve(socket, connections_++);
    }
  }
  void serve(asio::ip::tcp::socket& socket, std::size_t connection) {
    serving_ = socket.native_handle();
    std::string bytes;
    while (!stopping_) {
      boost::system::error_code error;
      const auto size = asio::read_until(socket, asio::dynamic_buffer(bytes), "\r\n\r\n", error);
      if (error) return;
      bytes.erase(0, size);
      const auto answer = script_(requests_++, connection);
      if (answer.empty()) return;
      asio::write(socket, asio::buffer(answer), error);
    }
  }

  Script script_;
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> stopping_ = false;
  std::atomic<int> serving_ = -1;
  std::atomic<std::size_t> requests_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::thread thread_;
};

struct HttpPoison : ClientFixture {
  // A request without a body: RawServer reads heads only.
  static HttpRequest with(std::string method, const RawServer& server) {
    auto request = get(server.url());
    request.method = std::move(method);
    request.has_body = request.method == "POST";
    return request;
  }
};

// The rest comes together with the answer to the next request, as if it had been delayed.
RawServer::Script body_behind(std::string head, std::string body) {
  return [=](std::size_t request, std::size_t connection) {
    if (request == 0) return head;
    return (connection == 0 ? body : std::string()) + std::string(kGood);
  };
}

TEST_F(HttpPoison, ABodyBehindA204Or304IsNotReadAsTheNextAnswer) {
  for (const char* head :
       {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    for (const char* method : {"GET", "POST"}) {
      const RawServer server(body_behind(head, "wrong"));
      ASSERT_TRUE(send(with("GET", server))) << head;
      const auto next = send(with(method, server));
      ASSERT_TRUE(next) << head << method << next.error().to_string();
      EXPECT_EQ(next->body, "good");
      EXPECT_EQ(server.requests(), 2U);
    }
  }
}

TEST_F(HttpPoison, ABodyTogetherWithTheHeadOfA304IsDropped) {
  const RawServer server(
      body_behind("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\nwrong", "again"));
  const auto first = send(with("GET", server));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->body, "");
  const auto next = send(with("POST", server));
  ASSERT_TRUE(next) << next.error().to_string();
  EXPECT_EQ(next->body, "good");
}

TEST_F(HttpPoison, ASafeRequestIsSentAgainAfterGarbageOnAReusedConnection) {
  for (const char* method : {"GET", "HEAD", "DELETE"}) {
    const RawServer server([](std::size_t request, std::size_t connection) {
      const bool spoiled = request == 1 && connection == 0;
      return spoiled ? std::string("the rest of something\r\n") : std::string(kGood);
    });
    ASSERT_TRUE(send(with("GET", server)));
    auto request = with(method, server);
    request.resend = Resend::safe_method;
    const auto answer = send(std::move(request));
    ASSERT_TRUE(answer) << method << answer.error().to_string();
    EXPECT_FALSE(answer->reused_connection);
    EXPECT_EQ(server.requests(), 3U);
    EXPECT_EQ(server.connections(), 2U);
  }
}

TEST_F(HttpPoison, APromptIsNotSentAgainAfterGarbage) {
  for (const auto resend : {Resend::safe_method, Resend::always, Resend::never}) {
    const RawServer server([](std::size_t request, std::size_t) {
      return std::string(request == 1 ? "the rest of something\r\n" : kGood);
    });
    ASSERT_TRUE(send(with("GET", server)));
    auto request = with("POST", server);
    request.resend = resend;
    const auto answer = send(std::move(request));
    EXPECT_EQ(verdict(answer), "SENDING_REQUEST/protocol");
    EXPECT_TRUE(answer.error().request_sent);
    EXPECT_EQ(server.requests(), 2U);
  }
}

TEST_F(HttpPoison, GarbageOnAFreshConnectionIsAnError) {
  const RawServer server([](std::size_t, std::size_t) { return std::string("garbage\r\n"); });
  EXPECT_EQ(verdict(send(with("GET", server))), "SENDING_REQUEST/protocol");
  EXPECT_EQ(server.requests(), 1U);
}

TEST_F(HttpPoison, ASafeRequestIsSentAgainOnlyOnce) {
  const RawServer server([](std::size_t request, std::size_t) {
    return std::string(request == 0 ? kGood : "garbage\r\n");
  });
  ASSERT_TRUE(send(with("GET", server)));
  EXPECT_EQ(verdict(send(with("GET", server))), "SENDING_REQUEST/protocol");
  EXPECT_EQ(server.requests(), 3U);
}

}  // namespace
}  // namespace gvm::net
