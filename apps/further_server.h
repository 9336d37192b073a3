#pragma once
// A service beside the module's sessions, on an address of its own: the web module's rendering
// service. It shares lanes, limits and life with the module's own server. Under a manager its
// socket goes from process to process, so that no connection is refused meanwhile.
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/log.h"
#include "net/lane.h"
#include "serve/run.h"
#include "serve/server.h"

namespace gvm::apps {

class FurtherServer {
 public:
  // `service` null: there is none, and every function does nothing. `lanes` and `service` outlive
  // it.
  FurtherServer(serve::ServerOptions options, std::string address, net::Lanes& lanes,
                serve::Service* service, log::Logger logger);

  // LISTEN_FAILED: the address is taken, perhaps by the process before.
  Result<void> bind();
  // That process has stopped accepting: takes its socket, when that is of the same address, or the
  // address. When both fail the module goes on without the service, and the log says so.
  void take_over(Fd socket);
  // Serves from now on, for as long as `lifetime` says. Before lifetime.run().
  void start(serve::Lifetime& lifetime);

  // As bound; empty: it does not listen.
  std::string address() const;
  // serve::Server's.
  Fd duplicate_socket() const;

 private:
  Result<void> bind_to(const std::string& address);
  bool is_ours(int socket) const;

  serve::ServerOptions options_;
  std::string configured_;
  net::Lanes& lanes_;
  serve::Service* service_;
  log::Logger logger_;
  std::optional<serve::Server> server_;  // empty: not bound
};

}  // namespace gvm::apps
