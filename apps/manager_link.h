#pragma once
// A module's end of its channel to the manager that has started it (docs/manager.md, "Between the
// manager and a module"). Without a manager every function does nothing.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/arguments.h"
#include "base/fd.h"
#include "base/value.h"
#include "control/channel.h"
#include "serve/run.h"

namespace gvm::apps {

class ManagerLink {
 public:
  explicit ManagerLink(const ServerArguments& arguments);

  explicit operator bool() const { return static_cast<bool>(control_) || channel_ != nullptr; }

  // The start has failed for these reasons, which hold no secret.
  void refused(const std::vector<std::string>& reasons) const;
  // Everything is checked. Waits for the process before to stop accepting, or for the manager's
  // word. False: this process is not needed any more. `known` is what the process before knows.
  bool wait_for_turn(std::string& known) const;
  // Serving: `facts` are the fields of the log line "ready".
  void ready(const Value& facts) const;
  // From here on the manager is obeyed, within lifetime.run(). `hand_over` gives what the successor
  // should know.
  void obey(serve::Lifetime& lifetime, std::function<std::string()> hand_over);

 private:
  boost::asio::awaitable<void> listen();
  void hand_over(const control::Message& message);
  bool wait_at_baton(std::string& known, bool& over) const;

  Fd control_;
  Fd baton_;
  std::unique_ptr<control::Channel> channel_;
  serve::Lifetime* lifetime_ = nullptr;
  std::function<std::string()> hand_over_;
};

}  // namespace gvm::apps
