#pragma once
// One end of a connection between the keeper of a ledger and a process that uses it: messages as in
// control/channel.h, queued when the other side is slow. On one thread.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/size.h"
#include "base/value.h"

namespace gvm::store::keeper {

namespace asio = boost::asio;

class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  static constexpr std::size_t kMostWaiting = 200'000;  // messages; one more ends the connection

  Pipe(asio::io_context& context, Fd fd);

  bool open() const { return stream_.is_open(); }
  // False: the connection is over, or the message is too long for it.
  bool post(const Value& message);
  // Empty once the connection is over.
  asio::awaitable<std::optional<Value>> receive();
  void close();

 private:
  static asio::awaitable<void> write_all(std::shared_ptr<Pipe> self);
  bool write_first();

  asio::io_context& context_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> stream_;
  std::deque<std::string> waiting_;
  bool writing_ = false;
};

}  // namespace gvm::store::keeper
