#pragma once
// The life of a server process after its start: waits for SIGTERM, SIGINT or the parent's end and
// shuts down in good order.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "serve/server.h"

namespace gvm::serve {

enum class WithParent : bool { stay, die };  // --die-with-parent

// How far the end of the process has come, at its beginning and every few seconds.
struct Ending {
  std::string reason;
  std::size_t sessions = 0;           // open still, of run()'s server
  std::chrono::milliseconds most{0};  // until the process ends, whatever they do
  bool begins = false;
};

class Lifetime {
 public:
  // From here on SIGTERM, SIGINT and SIGHUP wait for run(), SIGPIPE is ignored, and the parent is
  // watched. Make it early in main.
  explicit Lifetime(WithParent parent);
  ~Lifetime();
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  // Before run(): a further server that is stopped and retired together with the one of run(). The
  // process ends when the last connection of both has ended.
  void also(Server& other);

  // Before run(), on whose thread `reload` runs at every SIGHUP. Without it SIGHUP is logged and
  // changes nothing.
  void on_hangup(std::function<void()> reload);

  // Before run(), on whose thread `tell` runs. What it is told is in the log as well.
  void on_ending(std::function<void(const Ending&)> tell);

  // Blocks. The first signal starts the shutdown: 0 once everything ended well, 1 when a
  // session did not end in time. A second signal ends the process at once with 128 + its number.
  // SIGHUP does what on_hangup() has been given.
  int run(Server& server, std::chrono::milliseconds grace, const log::Logger& log);

  // The functions below end the process for another reason than a signal. Their work is done in
  // run().
  boost::asio::io_context& context();
  // As the first signal does, once; running requests have `grace` left, run()'s when it is
  // negative.
  void stop(const std::string& why,
            std::chrono::milliseconds grace = std::chrono::milliseconds(-1));
  // Another process takes over: nothing new is accepted, and `closed` runs once that is so. The
  // sessions go on until they end, at most for `longest`, then it is as after stop(). The process
  // ends when the last one does.
  void retire(std::chrono::milliseconds longest, std::function<void()> closed);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::serve
