// HTTP/2 against a real server: nghttpd (Debian's nghttp2-server). Skipped where it is not
// installed.
#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "net/test_http2_server.h"
#include "net/test_http_client.h"
#include "support/certificate.h"

namespace gvm::net {
namespace {

namespace fs = std::filesystem;

constexpr const char* kServer = "/usr/sbin/nghttpd";

std::uint16_t free_port() {
  return test::RefusingPort().port();
}

bool accepts(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  ::close(fd);
  return connected;
}

class Http2 : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kServer)) GTEST_SKIP() << "needs nghttp2-server";
    fs::create_directories(folder_);
    const auto authority = test::make_authority("Test Authority");
    const auto certificate = test::make_certificate(authority, "localhost");
    std::ofstream(folder_ / "ca.pem") << authority.pem;
    std::ofstream(folder_ / "cert.pem") << certificate.pem;
    std::ofstream(folder_ / "key.pem") << certificate.key_pem;
    std::ofstream(folder_ / "file") << "from a file";
    start_server();
    HttpClientOptions options;
    options.ca_file = folder_ / "ca.pem";
    client_.emplace(options);
  }

  ~Http2() override {
    if (server_ > 0) {
      ::kill(server_, SIGKILL);
      ::waitpid(server_, nullptr, 0);
    }
    fs::remove_all(folder_);
  }

  void start_server() {
    port_ = free_port();
    std::vector<std::string> words{kServer,
                                   "--echo-upload",
                                   "-a",
                                   "127.0.0.1",
                                   "-d",
                                   folder_.string(),
                                   std::to_string(port_),
                                   (folder_ / "key.pem").string(),
                                   (folder_ / "cert.pem").string()};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ASSERT_EQ(::posix_spawn(&server_, kServer, nullptr, nullptr, arguments.data(), environ), 0);
    const auto patience = Deadline::in(kPatience);
    while (!accepts(port_)) ASSERT_FALSE(patience.expired());
  }

  std::string url(const std::string& path) const {
    return "https://localhost:" + std::to_string(port_) + path;
  }

  fs::path folder_ = fs::temp_directory_path() / ("net-http2-" + std::to_string(::getpid()));
  std::uint16_t port_ = 0;
  pid_t server_ = -1;
  std::optional<FreeClient> client_;
};

TEST_F(Http2, ManyRequestsShareOneConnection) {
  constexpr std::size_t kAtOnce = 50;
  for (int round = 0; round < 3; ++round) {
    std::vector<HttpRequest> requests;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      requests.push_back(post(url("/echo"), "stream " + std::to_string(i)));
    }
    const auto answers = client_->send_all(std::move(requests));
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      ASSERT_TRUE(answers[i]) << answers[i].error().to_string();
      EXPECT_EQ(answers[i]->http_version, 20);
      EXPECT_EQ(answers[i]->body, "stream " + std::to_string(i));
    }
  }
  EXPECT_LE(client_->client.stats().opened_connections, 2U);  // localhost: [::1] is tried, too
}

TEST_F(Http2, FiveMebibytesGoUpAndComeBackIntact) {
  std::string body(5 * kMiB, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 5);
  const auto answer = client_->send(post(url("/echo"), body));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_TRUE(answer->body == body);
}

TEST_F(Http2, OneFailingStreamLeavesTheOthersAlone) {
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 10; ++i) requests.push_back(post(url("/echo"), std::string(200'000, 'e')));
  requests[3].max_body = 1000;
  const auto answers = client_->send_all(std::move(requests));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(verdict(answers[i]), i == 3 ? "READING_BODY/limit" : "status 200") << i;
  }
}

TEST_F(Http2, AServerThatDiesIsATypedError) {
  ASSERT_EQ(verdict(client_->send(get(url("/file")))), "status 200");
  ::kill(server_, SIGKILL);
  ::waitpid(std::exchange(server_, -1), nullptr, 0);
  EXPECT_EQ(verdict(client_->send(get(url("/file")))), "SENDING_REQUEST/connect");
}

// --- Streams that go wrong, against a server of ours.

struct BrokenStream : testing::Test {
  ~BrokenStream() override { fs::remove(authority_file_); }

  // The failure of the n-th request (from 0), which the server treats so. Those before it are
  // answered. A POST that must not be sent twice.
  HttpResult nth(std::size_t n, Http2Server::Reply reply) {
    const auto authority = test::make_authority("Test Authority");
    std::ofstream(authority_file_) << authority.pem;
    Http2Server server(test::make_certificate(authority, "localhost"), [&](std::size_t request) {
      return request == n ? reply : Http2Server::Reply{};
    });
    HttpClientOptions options;
    options.ca_file = authority_file_;
    FreeClient client(options);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(verdict(client.send(post_once(server.url()))), "status 200");
    }
    auto result = client.send(post_once(server.url()));
    EXPECT_EQ(server.request_count(), n + 1);  // never sent again
    return result;
  }
  static HttpRequest post_once(const std::string& url) {
    HttpRequest request = post(url, "a prompt");
    request.resend = Resend::safe_method;
    return request;
  }

  fs::path authority_file_ =
      fs::temp_directory_path() / ("net-http2-ca-" + std::to_string(::getpid()) + ".pem");
};

constexpr milliseconds kLongAfter{1300};
using Act = Http2Server::Act;

TEST_F(BrokenStream, OneThatIsRefusedOrLostAtOnceOnAKeptConnectionWasNotProcessed) {
  for (const auto act : {Act::refuse, Act::disconnect, Act::drop}) {
    const auto result = nth(1, {act});
    ASSERT_FALSE(result);
    EXPECT_EQ(verdict(result), "SENDING_REQUEST/reset") << static_cast<int>(act);
    EXPECT_TRUE(result.error().request_sent);
    EXPECT_TRUE(result.error().reused_connection_closed) << static_cast<int>(act);
  }
}

TEST_F(BrokenStream, OneThatIsLostLongAfterItWasSentMayHaveBeenProcessed) {
  for (const auto act : {Act::disconnect, Act::drop}) {
    const auto result = nth(1, {act, kLongAfter});
    ASSERT_FALSE(result);
    EXPECT_EQ(verdict(result), "SENDING_REQUEST/reset") << static_cast<int>(act);
    EXPECT_TRUE(result.error().request_sent);
    EXPECT_FALSE(result.error().reused_connection_closed) << static_cast<int>(act);
  }
}

TEST_F(BrokenStream, OneThatIsRefusedOnANewConnectionWasNotProcessedHoweverLate) {
  for (const auto delay : {milliseconds(0), kLongAfter}) {
    const auto result = nth(0, {Act::refuse, delay});
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().reused_connection_closed) << delay.count();
  }
}

TEST_F(BrokenStream, OneThatIsLostOnANewConnectionMayHaveBeenProcessed) {
  const auto result = nth(0, {Act::drop});
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().request_sent);
  EXPECT_FALSE(result.error().answer_began);
  EXPECT_FALSE(result.error().reused_connection_closed);
}

// libcurl 7.88 does not always tell the streams that a GOAWAY excludes from the others.
TEST_F(BrokenStream, OneThatAGoAwayExcludesFailsAndIsNotSentAgain) {
  const auto result = nth(1, {Act::go_away});
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().request_sent);
  EXPECT_FALSE(result.error().answer_began);
}

}  // namespace
}  // namespace gvm::net
