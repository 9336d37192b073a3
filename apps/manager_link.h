#pragma once
// A module's end of its channel to the manager that has started it (docs/manager.md, "Between the
// manager and a module"). Without a manager every function does nothing.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/arguments.h"
#include "apps/reloader.h"
#include "base/fd.h"
#include "base/value.h"
#include "control/channel.h"
#include "serve/run.h"

namespace gvm::apps {

// What a process gives to the one that takes over from it.
struct HandedOver {
  std::string known;  // about candidates; holds no secret
  Fd socket;          // of its further server; empty: it has none
};

class ManagerLink {
 public:
  explicit ManagerLink(const ServerArguments& arguments);

  explicit operator bool() const { return static_cast<bool>(control_) || channel_ != nullptr; }

  // The start has failed for these reasons, which hold no secret.
  void refused(const std::vector<std::string>& reasons) const;
  // Whether another process serves now, whose turn this one waits for.
  bool has_predecessor() const { return control_ && baton_; }
  // Everything is checked. Waits for the process before to stop accepting, or for the manager's
  // word. False: this process is not needed any more. `taken` is what the process before gives.
  bool wait_for_turn(HandedOver& taken) const;
  // Serving: `facts` are the fields of the log line "ready".
  void ready(const Value& facts) const;
  struct Orders {
    // What the successor should know, once nothing is accepted any more.
    std::function<std::string()> hand_over;
    std::function<Fd()> socket;    // its further socket, before
    Reloader* reloader = nullptr;  // null: this process cannot change its configuration
  };
  // From here on the manager is obeyed, within lifetime.run().
  void obey(serve::Lifetime& lifetime, Orders orders);

 private:
  boost::asio::awaitable<void> listen();
  void hand_over(const control::Message& message);
  void reload(const control::Message& message);
  bool wait_at_baton(HandedOver& taken, bool& over) const;

  Fd control_;
  Fd baton_;
  std::unique_ptr<control::Channel> channel_;
  serve::Lifetime* lifetime_ = nullptr;
  Orders orders_;
};

}  // namespace gvm::apps
