#pragma once
// The server's end of `genvm-modules reload` and `diff`: control_place.h. On the thread of
// Lifetime::run().
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "apps/reloader.h"
#include "base/log.h"
#include "serve/listener.h"

namespace gvm::apps {

class ControlSocket : public std::enable_shared_from_this<ControlSocket> {
 public:
  // A process that cannot have the socket goes on without it: SIGHUP still works. Null then, and
  // the log says why. `reloader` outlives the context's run().
  static std::shared_ptr<ControlSocket> open(boost::asio::io_context& context,
                                             const std::string& module, Reloader& reloader,
                                             const log::Logger& logger);
  // Removes the socket: this process takes no reloads any more.
  void close();

 private:
  ControlSocket(boost::asio::io_context& context, std::unique_ptr<serve::Listener> listener,
                Reloader& reloader)
      : context_(context), listener_(std::move(listener)), reloader_(reloader) {}
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                  boost::asio::io_context::executor_type>;
  static boost::asio::awaitable<void> accept(std::shared_ptr<ControlSocket> self);
  static boost::asio::awaitable<void> serve(std::shared_ptr<ControlSocket> self, Socket socket);
  boost::asio::awaitable<std::string> answer(std::string line);

  boost::asio::io_context& context_;
  std::unique_ptr<serve::Listener> listener_;
  Reloader& reloader_;
  int open_ = 0;
};

}  // namespace gvm::apps
