#pragma once
// A connection to a browser's DevTools endpoint (https://chromedevtools.github.io), over a Unix
// socket, for functions that WebDriver has no command for, such as browser contexts. Used on one
// executor; commands may overlap. Events are ignored.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "base/error.h"
#include "base/size.h"

namespace gvm::browser {

namespace asio = boost::asio;

struct DevToolsAddress {
  std::string unix_socket_path;
  std::string host;  // for the Host header
  std::string path;  // of the browser's websocket
};

class DevTools {
 public:
  static constexpr std::size_t kMaxMessageBytes = 4 * kMiB;

  // Errors: BROWSER_COMMAND when nothing answers there, DEADLINE_EXCEEDED, CANCELLED; fatal.
  static asio::awaitable<Result<std::unique_ptr<DevTools>>> connect(asio::any_io_executor executor,
                                                                    DevToolsAddress address,
                                                                    Deadline deadline);
  // Commands under way end with BROWSER_COMMAND.
  ~DevTools();
  DevTools(const DevTools&) = delete;
  DevTools& operator=(const DevTools&) = delete;

  // The "result" of the answer. Errors: those of connect(), and BROWSER_COMMAND when the browser
  // refuses the command.
  asio::awaitable<Result<Value>> command(std::string method, Value params, Deadline deadline);
  // False once the browser has closed the connection.
  bool alive() const;

 private:
  class Impl;
  explicit DevTools(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace gvm::browser
