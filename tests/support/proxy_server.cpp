#include "support/proxy_server.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <mutex>
#include <thread>

#include "base/encoding.h"

namespace gvm::test {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr char kSocksVersion = 5;

std::uint16_t port_behind(std::string_view text) {
  std::uint16_t port = 80;
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos)
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return port;
}

// One direction of a tunnel.
asio::awaitable<void> pump(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to) {
  std::array<char, 16 * 1024> bytes{};
  try {
    while (true) {
      const auto into = asio::buffer(bytes);
      const auto size = co_await from->async_read_some(into, use_awaitable);
      const auto out = asio::buffer(bytes, size);
      co_await asio::async_write(*to, out, use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    boost::system::error_code ignored;
    to->shutdown(tcp::socket::shutdown_send, ignored);
  }
}

}  // namespace

class ProxyServer::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Impl() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  using Shared = std::shared_ptr<tcp::socket>;

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& ec, tcp::socket socket) {
      if (ec) return;
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
      }
      auto client = std::make_shared<tcp::socket>(std::move(socket));
      asio::co_spawn(context_, serve(std::move(client)), [](std::exception_ptr) {});
      accept();
    });
  }

  void note(Seen seen) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(seen));
  }

  asio::awaitable<void> serve(Shared client) {
    char first = 0;
    const auto peek = asio::buffer(&first, 1);
    co_await client->async_receive(peek, tcp::socket::message_peek, use_awaitable);
    if (first == kSocksVersion) {
      co_await serve_socks(client);
    } else {
      co_await serve_http(client);
    }
  }

  asio::awaitable<void> serve_http(Shared client) {
    std::string bytes;
    auto buffer = asio::dynamic_buffer(bytes, kMaxHead);
    const auto size = co_await asio::async_read_until(*client, buffer, "\r\n\r\n", use_awaitable);
    const std::string head = bytes.substr(0, size - 4);
    const auto space = head.find(' ');
    const Seen seen{head.substr(0, space),
                    head.substr(space + 1, head.find(' ', space + 1) - space - 1), head};
    note(seen);
    if (const int status = refusal(head); status != 0) {
      const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                                 " No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      co_await write(client, answer);
      co_return;
    }
    const bool tunnel = seen.method == "CONNECT";
    const auto host = tunnel ? seen.destination : authority_of(seen.destination);
    auto server = co_await dial(port_behind(host));
    const std::string opened = "HTTP/1.1 200 Connection established\r\n\r\n";
    if (tunnel) co_await write(client, opened);
    std::string onward =
        tunnel ? bytes.substr(size) : in_origin_form(seen) + bytes.substr(size - 4);
    co_await write(server, onward);
    join(client, server);
  }

  asio::awaitable<void> serve_socks(Shared client) {
    std::string methods = co_await read(client, 2);
    methods += co_await read(client, static_cast<unsigned char>(methods[1]));
    const bool by_password = !options_.username.empty();
    const std::string choice{kSocksVersion, by_password ? '\x02' : '\x00'};
    co_await write(client, choice);
    if (by_password && !co_await password_fits(client)) co_return;
    const std::string request = co_await read(client, 4);
    std::string host;
    if (request[3] == 1) {
      const std::string raw = co_await read(client, 4);
      asio::ip::address_v4::bytes_type four{};
      std::copy(raw.begin(), raw.end(), four.begin());
      host = asio::ip::address_v4(four).to_string();
    } else if (request[3] == 4) {
      const std::string raw = co_await read(client, 16);
      asio::ip::address_v6::bytes_type six{};
      std::copy(raw.begin(), raw.end(), six.begin());
      host = asio::ip::address_v6(six).to_string();
    } else {
      const std::string length = co_await read(client, 1);
      host = co_await read(client, static_cast<unsigned char>(length[0]));
    }
    const std::string raw_port = co_await read(client, 2);
    const auto port = static_cast<std::uint16_t>(static_cast<unsigned char>(raw_port[0]) << 8 |
                                                 static_cast<unsigned char>(raw_port[1]));
    note({"SOCKS5", host + ":" + std::to_string(port), {}});
    const char status = options_.refuse_with == 0 ? '\0' : '\x02';
    const std::string answer{kSocksVersion, status, 0, 1, 0, 0, 0, 0, 0, 0};
    if (status != 0) {
      co_await write(client, answer);
      co_return;
    }
    auto server = co_await dial(port);
    co_await write(client, answer);
    join(client, server);
  }

  asio::awaitable<bool> password_fits(Shared client) {
    std::string head = co_await read(client, 2);
    const std::string name = co_await read(client, static_cast<unsigned char>(head[1]));
    const std::string length = co_await read(client, 1);
    const std::string password = co_await read(client, static_cast<unsigned char>(length[0]));
    const bool fits = name == options_.username && password == options_.password;
    const std::string answer{'\x01', fits ? '\0' : '\x01'};
    co_await write(client, answer);
    co_return fits;
  }

  int refusal(const std::string& head) const {
    constexpr int kAuthenticate = 407;
    if (options_.refuse_with != 0) return options_.refuse_with;
    if (options_.username.empty()) return 0;
    const auto wanted =
        "Proxy-Authorization: Basic " + base64_encode(options_.username + ":" + options_.password);
    return head.contains(wanted) ? 0 : kAuthenticate;
  }

  static std::string authority_of(const std::string& url) {
    const auto begin = url.find("://") + 3;
    return url.substr(begin, url.find('/', begin) - begin);
  }

  // Sends the head again, with the path only, and as the last request of its connection.
  static std::string in_origin_form(const Seen& seen) {
    const auto begin = seen.destination.find('/', seen.destination.find("://") + 3);
    const auto line_end = seen.head.find("\r\n");
    return seen.method + " " + seen.destination.substr(begin) + " HTTP/1.1\r\nConnection: close" +
           seen.head.substr(line_end);
  }

  asio::awaitable<Shared> dial(std::uint16_t port) {
    auto server = std::make_shared<tcp::socket>(context_);
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    co_await server->async_connect(endpoint, use_awaitable);
    co_return server;
  }

  static asio::awaitable<std::string> read(Shared client, std::size_t size) {
    std::string out(size, '\0');
    const auto into = asio::buffer(out);
    co_await asio::async_read(*client, into, use_awaitable);
    co_return out;
  }

  static asio::awaitable<void> write(Shared client, std::string bytes) {
    const auto out = asio::buffer(bytes);
    co_await asio::async_write(*client, out, use_awaitable);
  }

  void join(const Shared& a, const Shared& b) {
    asio::co_spawn(context_, pump(a, b), asio::detached);
    asio::co_spawn(context_, pump(b, a), asio::detached);
  }

  const Options options_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::size_t connections_ = 0;
  std::vector<Seen> seen_;
  std::thread thread_;
};

ProxyServer::ProxyServer() : ProxyServer(Options{}) {}
ProxyServer::ProxyServer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ProxyServer::~ProxyServer() = default;

std::string ProxyServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port());
}
std::string ProxyServer::socks_url() const {
  return "socks5://127.0.0.1:" + std::to_string(port());
}
std::uint16_t ProxyServer::port() const {
  return impl_->port();
}
std::size_t ProxyServer::connections() const {
  return impl_->connections();
}
std::vector<ProxyServer::Seen> ProxyServer::seen() const {
  return impl_->seen();
}

}  // namespace gvm::test
