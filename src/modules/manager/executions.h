#pragma once
// The manager that runs executors, behind this one: what is not about modules is passed on to it as
// it came, WebSocket upgrades too. On the manager's thread.
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "manager/http_server.h"

namespace gvm::manager {

// Where it listens: http://host:port or unix:///path. EXECUTIONS_FAILED for another text.
struct ExecutionsAddress {
  std::string host;
  std::string port;
  std::string path;  // of a Unix socket
  std::string authority() const;
};
Result<ExecutionsAddress> parse_executions_address(std::string_view url);

class Executions {
 public:
  Executions(asio::io_context& context, ExecutionsAddress address, log::Logger logger)
      : context_(context), address_(std::move(address)), logger_(std::move(logger)) {}

  // Its GET /status. EXECUTIONS_FAILED when no answer comes within two seconds.
  asio::awaitable<Result<Value>> status();
  // Sends the request on and what comes back to the client, until one of them closes.
  asio::awaitable<void> pass_on(Stream& client, Request request, std::string early);

 private:
  asio::awaitable<beast::error_code> connect(Stream& upstream);

  asio::io_context& context_;
  const ExecutionsAddress address_;
  log::Logger logger_;
};

}  // namespace gvm::manager
