// An OpenAI-compatible upstream that answers at once, for the load benchmarks. One thread, plain
// Asio, keep-alive, a fixed answer, so that its own cost per request is small and constant. Usage:
// bench_mock_upstream [--port N] [--delay-us N]     prints "ready PORT"; ends on SIGTERM
#include <boost/asio.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

std::string make_answer() {
  const std::string body =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"mock","choices":[{"index":0,)"
      R"("message":{"role":"assistant","content":"The capital of France is Paris."},"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22}})";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const std::string& answer, std::chrono::microseconds delay)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        answer_(answer),
        delay_(delay) {}

  void read() {
    socket_.async_read_some(asio::buffer(chunk_),
                            [self = shared_from_this()](auto error, std::size_t size) {
                              if (error) return;
                              self->pending_.append(self->chunk_, size);
                              self->serve();
                            });
  }

 private:
  // Takes one whole request from the received bytes; reads more when there is none.
  void serve() {
    const auto head = pending_.find("\r\n\r\n");
    if (head == std::string::npos) return read();
    const std::size_t total = head + 4 + content_length(std::string_view(pending_).substr(0, head));
    if (pending_.size() < total) return read();
    pending_.erase(0, total);
    if (delay_.count() == 0) return answer();
    timer_.expires_after(delay_);
    timer_.async_wait([self = shared_from_this()](auto error) {
      if (!error) self->answer();
    });
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view kName = "content-length: ";
    for (std::size_t line = head.find("\r\n"); line != head.npos;
         line = head.find("\r\n", line + 2)) {
      const auto text = head.substr(line + 2);
      if (text.size() < kName.size() || strncasecmp(text.data(), kName.data(), kName.size()) != 0)
        continue;
      std::size_t length = 0;
      std::from_chars(text.data() + kName.size(), text.data() + text.size(), length);
      return length;
    }
    return 0;
  }

  void answer() {
    asio::async_write(socket_, asio::buffer(answer_),
                      [self = shared_from_this()](auto error, std::size_t) {
                        if (!error) self->serve();
                      });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  const std::string& answer_;
  std::chrono::microseconds delay_;
  std::string pending_;
  char chunk_[16384];
};

void accept(tcp::acceptor& acceptor, const std::string& answer, std::chrono::microseconds delay) {
  acceptor.async_accept([&acceptor, &answer, delay](auto error, tcp::socket socket) {
    if (error) return;
    socket.set_option(tcp::no_delay(true));
    std::make_shared<Connection>(std::move(socket), answer, delay)->read();
    accept(acceptor, answer, delay);
  });
}

}  // namespace

int main(int argc, char** argv) {
  unsigned short port = 0;
  std::chrono::microseconds delay{0};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--port") == 0)
      port = static_cast<unsigned short>(std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--delay-us") == 0)
      delay = std::chrono::microseconds(std::atol(argv[i + 1]));
  }
  asio::io_context context(1);
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
  const std::string answer = make_answer();
  accept(acceptor, answer, delay);
  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { context.stop(); });
  std::printf("ready %u\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  context.run();
}
