#pragma once
// How a process of a module comes to be, and how it comes in the place of another one. On the
// manager's thread; whoever awaits one of its functions holds it.
#include <memory>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/log.h"
#include "config/common_config.h"
#include "config/environment.h"
#include "manager/child.h"
#include "manager/options.h"
#include "manager/start_request.h"
#include "manager/variables.h"

namespace gvm::manager {

const char* name_of(config::ModuleKind kind);

// Readable by nobody but who has the descriptor; none: no memory.
Fd config_file_of(const std::string& text);
// Through the one end the process before tells its successor, which has the other, that it has
// stopped accepting.
std::pair<Fd, Fd> baton_pair();

class Launcher {
 public:
  // All outlive it.
  Launcher(asio::io_context& context, config::ModuleKind kind, const Options& options,
           const config::Environment& environment, const Variables& variables, LineRelay& relay,
           log::Logger logger);

  // bind_address of the request's configuration.
  std::string wanted_address(const StartRequest& request) const;
  // -1: it is given no such descriptor. `log_level`: empty for the configured one.
  // MODULE_START_FAILED.
  Result<std::shared_ptr<Child>> spawn(const StartRequest& request, const std::string& log_level,
                                       int listen_fd, int baton_fd);
  // Until its configuration is judged; a process that refuses it is killed. The errors of
  // failure_of().
  asio::awaitable<Result<void>> wait_checked(std::shared_ptr<Child> next);
  // Why there is no socket for a request whose address is at fault.
  asio::awaitable<Error> every_fault(StartRequest request, Error of_address);
  // True once `next` serves. `before` may be null.
  asio::awaitable<bool> take_turn(std::shared_ptr<Child> before, std::shared_ptr<Child> next,
                                  Fd baton);

 private:
  asio::awaitable<bool> wait_ready(std::shared_ptr<Child> next, Deadline deadline);

  asio::io_context& context_;
  const config::ModuleKind kind_;
  const Options& options_;
  const config::Environment& environment_;
  const Variables& variables_;
  LineRelay& relay_;
  log::Logger logger_;
};

}  // namespace gvm::manager
