#include "store/keeper/pipe.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/json.h"
#include "control/channel.h"

namespace gvm::store::keeper {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

}  // namespace

Pipe::Pipe(asio::io_context& context, Fd fd) : context_(context), stream_(context, fd.release()) {}

bool Pipe::post(const Value& message) {
  if (!open()) return false;
  auto text = json::write(message);
  if (text.size() > control::kMostBytes) return false;
  waiting_.push_back(std::move(text));
  if (waiting_.size() > kMostWaiting) close();
  if (writing_) return open();
  while (!waiting_.empty() && write_first()) {
  }
  if (waiting_.empty() || !open()) return open();
  writing_ = true;
  asio::co_spawn(context_, write_all(shared_from_this()), asio::detached);
  return true;
}

// False when it must wait, or the connection is over.
bool Pipe::write_first() {
  if (control::send_text(stream_.native_handle(), waiting_.front())) {
    waiting_.pop_front();
    return true;
  }
  if (errno != EAGAIN && errno != EINTR) close();
  return false;
}

asio::awaitable<void> Pipe::write_all(std::shared_ptr<Pipe> self) {
  while (self->open() && !self->waiting_.empty()) {
    if (self->write_first()) continue;
    if (!self->open()) break;
    const auto [error] =
        co_await self->stream_.async_wait(asio::posix::descriptor_base::wait_write, kToken);
    if (error) break;
  }
  self->writing_ = false;
}

asio::awaitable<std::optional<Value>> Pipe::receive() {
  std::optional<Value> received;
  while (open()) {
    bool over = false;
    auto message = control::receive_ready(stream_.native_handle(), over);
    if (message) received = std::move(message->body);
    if (message || over) break;
    const auto [error] =
        co_await stream_.async_wait(asio::posix::descriptor_base::wait_read, kToken);
    if (error) break;
  }
  co_return received;
}

void Pipe::close() {
  boost::system::error_code ignored;
  stream_.close(ignored);
  waiting_.clear();
}

}  // namespace gvm::store::keeper
