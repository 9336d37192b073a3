#include "apps/control_socket.h"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "apps/control_place.h"
#include "base/json.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr int kBacklog = 64;
constexpr unsigned kMode = 0600;
constexpr int kMostOpen = 16;
constexpr std::size_t kMostLine = 4096;
constexpr std::chrono::seconds kPatience{5};  // for a line that is sent, or read

std::string refusal(std::string reason) {
  ReloadAnswer answer;
  answer.reasons.push_back(std::move(reason));
  return json::write(answer.to_value());
}

// Closes the socket of a peer that neither sends nor reads. Started anew by reset().
template <class Socket>
class Watchdog {
 public:
  Watchdog(asio::io_context& context, Socket& socket) : timer_(context), socket_(socket) {}
  ~Watchdog() { *alive_ = false; }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void reset() {
    timer_.expires_after(kPatience);
    timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
      boost::system::error_code ignored;
      if (!error && *alive) (void)socket_.close(ignored);
    });
  }
  void stop() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
  Socket& socket_;
  // A timer may have fired already when this goes.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::shared_ptr<ControlSocket> ControlSocket::open(asio::io_context& context,
                                                   const std::string& module, Reloader& reloader,
                                                   const log::Logger& logger) {
  const auto without = [&](const std::string& why) {
    logger.warn("`genvm-modules reload` does not reach this process; SIGHUP does",
                {{"reason", Value::string(why)}});
    return nullptr;
  };
  const auto folder = control_folder();
  if (const auto fault = prepare_control_folder(folder); !fault.empty()) return without(fault);
  (void)control_places(folder);  // removes what was left behind
  const auto path = control_path(folder, module, ::getpid());
  const auto address = serve::parse_listen_address("unix://" + path);
  if (!address) return without(path + " is no path of a Unix socket");
  auto listener = serve::Listener::open(context, *address, kBacklog, serve::UnixFile{kMode});
  if (!listener) return without(listener.error().to_string());
  std::shared_ptr<ControlSocket> opened(new ControlSocket(context, std::move(*listener), reloader));
  asio::co_spawn(context, accept(opened), asio::detached);
  return opened;
}

void ControlSocket::close() {
  listener_->close();
}

asio::awaitable<void> ControlSocket::accept(std::shared_ptr<ControlSocket> self) {
  for (;;) {
    auto [error, socket] = co_await self->listener_->acceptor().async_accept(kToken);
    if (error == asio::error::operation_aborted || !self->listener_->acceptor().is_open())
      co_return;
    if (error) {
      // Out of descriptors, perhaps.
      asio::steady_timer pause(self->context_, std::chrono::milliseconds(100));
      (void)co_await pause.async_wait(kToken);
      continue;
    }
    if (self->open_ >= kMostOpen) continue;
    asio::co_spawn(self->context_, serve(self, std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> ControlSocket::serve(std::shared_ptr<ControlSocket> self, Socket socket) {
  ++self->open_;
  Watchdog<Socket> watchdog(self->context_, socket);
  watchdog.reset();
  std::string line;
  auto into = asio::dynamic_buffer(line, kMostLine);
  const auto [read_error, count] = co_await asio::async_read_until(socket, into, '\n', kToken);
  watchdog.stop();
  if (!read_error) {
    line.resize(count);
    auto answering = self->answer(line);
    std::string reply = co_await std::move(answering);
    reply += '\n';
    watchdog.reset();
    const auto bytes = asio::buffer(reply);
    (void)co_await asio::async_write(socket, bytes, kToken);
  }
  --self->open_;
}

// The reloader answers on its own thread.
asio::awaitable<std::string> ControlSocket::answer(std::string line) {
  const auto request = text::parse_json(line);
  const auto word = request ? text::string_at(*request, "/do") : std::nullopt;
  if (word != "reload" && word != "diff")
    co_return refusal("expected {\"do\": \"reload\"} or {\"do\": \"diff\"}");
  struct Shared {
    explicit Shared(asio::io_context& context) : done(context) {}
    asio::steady_timer done;
    std::optional<ReloadAnswer> answer;
  };
  auto shared = std::make_shared<Shared>(context_);
  shared->done.expires_at(std::chrono::steady_clock::time_point::max());
  reloader_.ask(word == "diff" ? Reloader::What::diff : Reloader::What::reload, std::nullopt,
                [shared, &context = context_](ReloadAnswer answer) {
                  asio::post(context, [shared, answer = std::move(answer)]() mutable {
                    shared->answer = std::move(answer);
                    shared->done.cancel();
                  });
                });
  while (!shared->answer) (void)co_await shared->done.async_wait(kToken);
  co_return json::write(shared->answer->to_value());
}

}  // namespace gvm::apps
