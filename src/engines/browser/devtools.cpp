#include "browser/devtools.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <map>
#include <optional>

#include "base/error_codes.h"
#include "base/json.h"
#include "browser/codes.h"
#include "browser/webdriver_error.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

namespace beast = boost::beast;
using Socket = asio::local::stream_protocol::socket;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

Error gone(const std::string& why) {
  Error error(codes::kBrowserCommand, Fatality::fatal, "the browser's DevTools are gone: " + why);
  error.with("kind", Value::string("transport"));
  return error;
}

Error late(std::string_view what) {
  Error error(codes::kDeadlineExceeded, Fatality::fatal,
              "DevTools: " + std::string(what) + " took too long");
  error.with("timeout", Value::string("deadline"));
  return error;
}

}  // namespace

class DevTools::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(asio::any_io_executor executor) : executor_(executor), stream_(executor) {}

  // When the timer fires it closes the socket, which ends the step that is running.
  asio::awaitable<Result<void>> open(DevToolsAddress address, Deadline deadline) {
    asio::steady_timer timer(executor_);
    timer.expires_at(deadline.when());
    timer.async_wait([self = shared_from_this()](boost::system::error_code stopped) {
      if (!stopped) self->close("connecting took too long");
    });
    const asio::local::stream_protocol::endpoint there(address.unix_socket_path);
    const auto [refused] = co_await stream_.next_layer().async_connect(there, kToken);
    if (refused) co_return fail(failed_open(refused.message()));
    stream_.read_message_max(kMaxMessageBytes);
    const auto [failed] = co_await stream_.async_handshake(address.host, address.path, kToken);
    if (failed) co_return fail(failed_open(failed.message()));
    read_next();
    co_return Result<void>();
  }

  asio::awaitable<Result<Value>> command(std::string method, Value params, Deadline deadline) {
    if (closed_) co_return fail(gone(why_));
    const std::int64_t id = ++last_id_;
    Pending pending(executor_, deadline);
    pending_.emplace(id, &pending);
    const Forget forget{*this, id};
    Value message = Value::fields("id", Value::integer(id), "method", Value::string(method),
                                  "params", std::move(params));
    send(json::write(message));
    const auto [stopped] = co_await pending.timer.async_wait(kToken);
    if (pending.answer) co_return std::move(*pending.answer);
    if (stopped) co_return fail(codes::kCancelled, Fatality::fatal, method + " was cancelled");
    co_return fail(late(method));
  }

  void close(std::string why) {
    if (closed_) return;
    closed_ = true;
    why_ = std::move(why);
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
    for (auto& [id, pending] : pending_) pending->finish(fail(gone(why_)));
  }

  bool alive() const { return !closed_; }

 private:
  struct Pending {
    Pending(const asio::any_io_executor& executor, Deadline deadline) : timer(executor) {
      timer.expires_at(deadline.when());
    }
    void finish(Result<Value> result) {
      answer = std::move(result);
      timer.cancel();
    }
    asio::steady_timer timer;
    std::optional<Result<Value>> answer;
  };
  struct Forget {
    Impl& impl;
    std::int64_t id;
    ~Forget() { impl.pending_.erase(id); }
  };

  Error failed_open(const std::string& why) const {
    return closed_ ? late("connecting") : gone(why);
  }

  // Until the socket is closed, which ~DevTools does. The handler keeps the state alive until then.
  void read_next() {
    stream_.async_read(buffer_,
                       [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                         if (error) return self->close(error.message());
                         self->take(beast::buffers_to_string(self->buffer_.data()));
                         self->buffer_.clear();
                         if (!self->closed_) self->read_next();
                       });
  }

  void take(const std::string& message) {
    auto parsed = text::parse_json(message);
    if (!parsed) return close("it speaks no JSON");
    const auto id = text::integer_at(*parsed, "/id");
    const auto waiting = id ? pending_.find(*id) : pending_.end();
    if (waiting == pending_.end()) return;
    if (const auto problem = text::string_at(*parsed, "/error/message"))
      return waiting->second->finish(fail(driver_error("devtools", *problem)));
    const Value* result = parsed->find("result");
    waiting->second->finish(result == nullptr ? Value::map() : *result);
  }

  void send(std::string message) {
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) write_next();
  }

  void write_next() {
    stream_.async_write(asio::buffer(outgoing_.front()),
                        [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                          if (error) return self->close(error.message());
                          self->outgoing_.pop_front();
                          if (!self->outgoing_.empty()) self->write_next();
                        });
  }

  asio::any_io_executor executor_;
  beast::websocket::stream<Socket> stream_;
  beast::flat_buffer buffer_;
  std::map<std::int64_t, Pending*> pending_;
  std::deque<std::string> outgoing_;  // the first one is being written
  std::int64_t last_id_ = 0;
  bool closed_ = false;
  std::string why_;
};

DevTools::DevTools(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

DevTools::~DevTools() {
  impl_->close("closed");
}

asio::awaitable<Result<std::unique_ptr<DevTools>>> DevTools::connect(asio::any_io_executor executor,
                                                                     DevToolsAddress address,
                                                                     Deadline deadline) {
  auto impl = std::make_shared<Impl>(executor);
  std::unique_ptr<DevTools> tools(new DevTools(impl));
  auto opened = co_await impl->open(std::move(address), deadline);
  if (!opened) co_return fail(std::move(opened.error()));
  co_return tools;
}

asio::awaitable<Result<Value>> DevTools::command(std::string method, Value params,
                                                 Deadline deadline) {
  const auto impl = impl_;  // keeps the state alive when this object is destroyed meanwhile
  auto answer = co_await impl->command(std::move(method), std::move(params), deadline);
  co_return answer;
}

bool DevTools::alive() const {
  return impl_->alive();
}

}  // namespace gvm::browser
