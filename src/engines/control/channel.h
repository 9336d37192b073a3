#pragma once
// The channel between the manager and a module that it has started: JSON objects, one a packet of
// a Unix socket, with at most one descriptor each. docs/manager.md lists the messages.
#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/size.h"
#include "base/value.h"

namespace gvm::control {

namespace asio = boost::asio;

// Of one packet, after encoding. What is longer is not sent.
inline constexpr std::size_t kMostBytes = 64 * kKiB;

struct Message {
  Value body;  // a map
  Fd fd;       // empty unless one came along
};

// On one thread.
class Channel {
 public:
  // Takes over an end of pair(), or one that was inherited.
  Channel(asio::io_context& context, Fd end);

  // Never blocks. False: the peer is gone, does not read, or the message is too long. `fd` stays
  // the caller's.
  bool send(const Value& body, int fd = -1);
  // Empty once the peer is gone, or has sent what is no message.
  asio::awaitable<std::optional<Message>> receive();
  // receive() ends.
  void close();

 private:
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> stream_;
};

// Both ends; neither survives exec() unless it is dup2()ed. Throws when the process is out of
// descriptors.
std::pair<Fd, Fd> make_pair();

// The same without an event loop, for a start that has nothing else to wait for: sends, or waits
// for a message until the peer is gone.
bool send_now(int end, const Value& body, int fd = -1);
std::optional<Message> receive_now(int end);
// A message that is JSON text already; errno says why it was not sent (EAGAIN: the peer is slow).
bool send_text(int end, std::string_view bytes, int fd = -1);
// What is there already. Empty: nothing is, or `over`.
std::optional<Message> receive_ready(int end, bool& over);

// Bytes of a stream socket, with a descriptor (-1: none) beside the first of them; the count as of
// send(). Blocks as the socket does.
ssize_t send_some(int end, std::string_view bytes, int fd);
// The count as of recv(); a descriptor that came along replaces `fd`.
ssize_t receive_some(int end, std::span<char> bytes, Fd& fd);

}  // namespace gvm::control
