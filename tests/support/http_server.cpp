#include "support/http_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/ascii.h"

namespace gvm::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Behaviour = HttpServer::Behaviour;

constexpr std::size_t kChunkBytes = 1000;
constexpr std::size_t kMaxRequestHeaderBytes = 1024 * 1024;

// `head` ends with the blank line.
HttpServer::Request parse_head(std::string_view head) {
  HttpServer::Request request;
  auto next_line = [&head] {
    const auto end = std::min(head.find("\r\n"), head.size());
    const auto line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    return line;
  };
  const auto first = next_line();
  const auto space = first.find(' ');
  request.method = std::string(first.substr(0, space));
  const auto rest = space == std::string_view::npos ? std::string_view() : first.substr(space + 1);
  request.target = std::string(rest.substr(0, rest.find(' ')));
  for (auto line = next_line(); !line.empty(); line = next_line()) {
    const auto colon = std::min(line.find(':'), line.size());
    const auto value = colon < line.size() ? line.substr(colon + 1) : std::string_view();
    request.headers.emplace_back(lowered(line.substr(0, colon)), std::string(trim(value)));
  }
  return request;
}

std::string chunked(std::string_view body) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += kChunkBytes) {
    const auto piece = body.substr(at, kChunkBytes);
    std::array<char, 24> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    out.append(size.data()).append(piece).append("\r\n");
  }
  return out + "0\r\nx-trailer: late\r\n\r\n";
}

std::string framed(std::string_view body, Behaviour behaviour) {
  return behaviour == Behaviour::chunked && !body.empty() ? chunked(body) : std::string(body);
}

std::string framing_headers(const HttpServer::Reply& reply) {
  const auto length = [&](std::size_t n) {
    return "content-length: " + std::to_string(n) + "\r\n";
  };
  switch (reply.behaviour) {
    case Behaviour::chunked:
      return "transfer-encoding: chunked\r\n";
    case Behaviour::until_close:
      return "connection: close\r\n";
    case Behaviour::close_after:
      return length(reply.body.size()) + "connection: close\r\n";
    case Behaviour::length_too_long:
      return length(reply.body.size() * 2);
    case Behaviour::length_too_short:
      return length(reply.body.size() / 2);
    default:
      return length(reply.body.size());
  }
}

std::string status_line(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
}

bool has_no_body(const HttpServer::Request& request, int status) {
  return request.method == "HEAD" || status == 204 || status == 304;
}

std::string head_of(const HttpServer::Reply& reply) {
  std::string out = status_line(reply.status);
  for (const auto& [name, value] : reply.headers) out += name + ": " + value + "\r\n";
  if (reply.status != 204 && reply.status != 304) out += framing_headers(reply);
  return out + "\r\n";
}

}  // namespace

std::string HttpServer::Request::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::string() : found->second;
}

class HttpServer::Impl {
 public:
  Impl(Handler handler, Options options)
      : handler_(std::move(handler)), options_(std::move(options)), acceptor_(context_) {
    if (!options_.certificate_pem.empty()) prepare_tls();
    const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);
    acceptor_.open(any_port.protocol());
    acceptor_.bind(any_port);
    acceptor_.listen(asio::socket_base::max_listen_connections);
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Impl() {
    context_.stop();
    thread_.join();
  }

  bool tls() const { return tls_.has_value(); }
  std::uint16_t port() const { return port_; }

  template <class F>
  auto locked(F&& f) const {
    const std::lock_guard lock(mutex_);
    return f(*this);
  }
  template <class F>
  bool wait(std::chrono::milliseconds timeout, F&& f) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return f(*this); });
  }

  // Runs `f(socket)` on the server's thread for every idle connection; waits until there is one.
  // Returns their number.
  std::size_t for_each_idle(const std::function<void(tcp::socket&)>& f) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::size_t count = 0;
    while (count == 0 && std::chrono::steady_clock::now() < patience) {
      std::promise<std::size_t> done;
      asio::post(context_, [&] {
        for (auto& [index, socket] : idle_) f(*socket);
        done.set_value(idle_.size());
      });
      count = done.get_future().get();
    }
    return count;
  }

  std::size_t accepted_ = 0, open_ = 0, served_ = 0;
  std::deque<Request> kept_;

 private:
  // Counts a connection as open during its lifetime.
  class OpenMark {
   public:
    OpenMark(Impl& impl) : impl_(impl) {}
    ~OpenMark() {
      impl_.change([](Impl& s) { --s.open_; });
    }
    OpenMark(const OpenMark&) = delete;
    OpenMark& operator=(const OpenMark&) = delete;

   private:
    Impl& impl_;
  };

  void prepare_tls() {
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->use_certificate_chain(asio::buffer(options_.certificate_pem));
    tls_->use_private_key(asio::buffer(options_.key_pem), asio::ssl::context::pem);
  }

  template <class F>
  void change(F&& f) {
    {
      const std::lock_guard lock(mutex_);
      f(*this);
    }
    changed_.notify_all();
  }

  asio::awaitable<void> accept() {
    for (;;) {
      error_code ec;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
      if (ec) continue;
      socket.set_option(tcp::no_delay(true));
      std::size_t index = 0;
      change([&](Impl& s) {
        index = s.accepted_++;
        ++s.open_;
      });
      if (tls()) {
        asio::co_spawn(context_, serve_tls(std::move(socket), index), asio::detached);
      } else {
        asio::co_spawn(context_, serve_plain(std::move(socket), index), asio::detached);
      }
    }
  }

  asio::awaitable<void> serve_plain(tcp::socket socket, std::size_t index) {
    const OpenMark mark(*this);
    tcp::socket stream = std::move(socket);
    co_await serve(stream, stream, index);
  }

  asio::awaitable<void> serve_tls(tcp::socket socket, std::size_t index) {
    const OpenMark mark(*this);
    asio::ssl::stream<tcp::socket> stream(std::move(socket), *tls_);
    error_code ec;
    co_await stream.async_handshake(asio::ssl::stream_base::server,
                                    asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) co_await serve(stream, stream.next_layer(), index);
  }

  // The references are to local variables of the awaiting coroutine.
  template <class Stream>
  asio::awaitable<void> serve(Stream& stream, tcp::socket& socket, std::size_t index) {
    std::string buffer;
    for (bool open = true; open;) {
      idle_[index] = &socket;
      Request request;
      const bool complete = co_await read_request(stream, buffer, request, index);
      if (!complete) break;
      request.connection = index;
      record(request);
      Reply reply = handler_(request);
      open = co_await answer(stream, socket, request, std::move(reply));
    }
    idle_.erase(index);
  }

  void record(const Request& request) {
    change([&](Impl& s) {
      ++s.served_;
      s.kept_.push_back(request);
      if (s.kept_.size() > s.options_.kept_requests) s.kept_.pop_front();
    });
  }

  template <class Stream>
  asio::awaitable<bool> read_some(Stream& stream, std::string& buffer) {
    std::array<char, 64 * 1024> piece;
    error_code ec;
    const std::size_t n = co_await stream.async_read_some(
        asio::buffer(piece), asio::redirect_error(asio::use_awaitable, ec));
    buffer.append(piece.data(), n);
    co_return !ec;
  }

  template <class Stream>
  asio::awaitable<bool> read_request(Stream& stream, std::string& buffer, Request& request,
                                     std::size_t index) {
    std::size_t head = std::string::npos;
    while ((head = buffer.find("\r\n\r\n")) == std::string::npos) {
      const bool more = co_await read_some(stream, buffer);
      if (!more || buffer.size() > kMaxRequestHeaderBytes) co_return false;
      if (!std::isupper(static_cast<unsigned char>(
              buffer[0]))) {  // for example TLS where plain HTTP is spoken
        co_await write(stream, "HTTP/1.1 400 Bad Request\r\n\r\n");
        co_return false;
      }
    }
    head += std::string_view("\r\n\r\n").size();
    idle_.erase(index);
    request = parse_head(std::string_view(buffer).substr(0, head));
    buffer.erase(0, head);
    const std::string length = request.header("content-length");
    const std::size_t wanted = length.empty() ? 0 : std::stoull(length);
    while (buffer.size() < wanted) {
      const bool more = co_await read_some(stream, buffer);
      if (!more) co_return false;
    }
    request.body = buffer.substr(0, wanted);
    buffer.erase(0, wanted);
    co_return true;
  }

  static void reset_on_close(tcp::socket& socket) {
    const asio::socket_base::linger at_once(true, 0);
    socket.set_option(at_once);
  }

  // Returns true when the connection serves another request. `request` is a local variable of the
  // awaiting coroutine.
  template <class Stream>
  asio::awaitable<bool> answer(Stream& stream, tcp::socket& socket, const Request& request,
                               Reply reply) {
    if (reply.delay.count() > 0) co_await pause(reply.delay);
    const bool bodyless = has_no_body(request, reply.status);
    const std::string head = head_of(reply);
    const std::string status = status_line(reply.status);
    const std::string_view body = bodyless ? std::string_view() : std::string_view(reply.body);
    const std::string whole = head + framed(body, reply.behaviour);
    const std::string half = head + std::string(body.substr(0, body.size() / 2));
    switch (reply.behaviour) {
      case Behaviour::normal:
      case Behaviour::chunked:
      case Behaviour::length_too_short:
        co_return co_await write(stream, whole);
      case Behaviour::until_close:
      case Behaviour::close_after:
      case Behaviour::close_silently:
      case Behaviour::length_too_long:
        co_await write(stream, whole);
        break;
      case Behaviour::hang:
        co_await until_gone(stream);
        break;
      case Behaviour::hang_in_headers:
        co_await write(stream, status);
        co_await until_gone(stream);
        break;
      case Behaviour::hang_in_body:
        co_await write(stream, half);
        co_await until_gone(stream);
        break;
      case Behaviour::cut:
        break;
      case Behaviour::reset:
        reset_on_close(socket);
        break;
      case Behaviour::cut_in_headers:
        co_await write(stream, status);
        break;
      case Behaviour::cut_in_body:
        co_await write(stream, half);
        break;
      case Behaviour::drip:
        co_return co_await drip(stream, head, body, reply.drip_interval);
      case Behaviour::garbage:
        co_await write(stream, reply.body);
        break;
      case Behaviour::endless_headers:
        co_await endless_headers(stream, status);
        break;
    }
    error_code ignored;
    socket.close(ignored);
    co_return false;
  }

  template <class Stream>
  asio::awaitable<bool> write(Stream& stream, std::string_view bytes) {
    error_code ec;
    co_await asio::async_write(stream, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
  }

  template <class Stream>
  asio::awaitable<bool> drip(Stream& stream, std::string_view head, std::string_view body,
                             std::chrono::milliseconds interval) {
    bool open = co_await write(stream, head);
    for (std::size_t i = 0; open && i < body.size(); ++i) {
      co_await pause(interval);
      const std::string_view byte = body.substr(i, 1);
      open = co_await write(stream, byte);
    }
    co_return open;
  }

  template <class Stream>
  asio::awaitable<void> endless_headers(Stream& stream, std::string_view status) {
    bool open = co_await write(stream, status);
    const std::string line = "x-more: " + std::string(1000, 'h') + "\r\n";
    while (open) open = co_await write(stream, line);
  }

  template <class Stream>
  asio::awaitable<void> until_gone(Stream& stream) {
    std::array<char, 4096> ignored;
    for (error_code ec; !ec;) {
      co_await stream.async_read_some(asio::buffer(ignored),
                                      asio::redirect_error(asio::use_awaitable, ec));
    }
  }

  asio::awaitable<void> pause(std::chrono::milliseconds span) {
    asio::steady_timer timer(context_, span);
    co_await timer.async_wait(asio::use_awaitable);
  }

  Handler handler_;
  Options options_;
  std::optional<asio::ssl::context> tls_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::size_t, tcp::socket*> idle_;  // on the server's thread only
  std::uint16_t port_ = 0;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

HttpServer::HttpServer(Handler handler) : HttpServer(std::move(handler), Options()) {}
HttpServer::HttpServer(Handler handler, Options options)
    : impl_(std::make_unique<Impl>(std::move(handler), std::move(options))) {}
HttpServer::~HttpServer() = default;

std::string HttpServer::url(std::string_view path) const {
  const std::string origin = impl_->tls() ? "https://localhost:" : "http://127.0.0.1:";
  return origin + std::to_string(port()) + std::string(path);
}
std::uint16_t HttpServer::port() const {
  return impl_->port();
}

std::size_t HttpServer::connections() const {
  return impl_->locked([](const Impl& s) { return s.accepted_; });
}
std::size_t HttpServer::open_connections() const {
  return impl_->locked([](const Impl& s) { return s.open_; });
}
std::size_t HttpServer::request_count() const {
  return impl_->locked([](const Impl& s) { return s.served_; });
}
std::vector<HttpServer::Request> HttpServer::requests() const {
  return impl_->locked([](const Impl& s) { return std::vector(s.kept_.begin(), s.kept_.end()); });
}
HttpServer::Request HttpServer::last_request() const {
  return impl_->locked([](const Impl& s) { return s.kept_.empty() ? Request() : s.kept_.back(); });
}

std::size_t HttpServer::close_idle_connections() {
  return impl_->for_each_idle([](tcp::socket& socket) {
    error_code ignored;
    socket.close(ignored);
  });
}
std::size_t HttpServer::send_on_idle_connections(std::string bytes) {
  return impl_->for_each_idle(
      [&](tcp::socket& socket) { asio::write(socket, asio::buffer(bytes)); });
}

bool HttpServer::wait_for_requests(std::size_t at_least, std::chrono::milliseconds timeout) const {
  return impl_->wait(timeout, [&](const Impl& s) { return s.served_ >= at_least; });
}
bool HttpServer::wait_for_open_connections(std::size_t exactly,
                                           std::chrono::milliseconds timeout) const {
  return impl_->wait(timeout, [&](const Impl& s) { return s.open_ == exactly; });
}

}  // namespace gvm::test
