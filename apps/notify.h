#pragma once
// Tells the service manager how the process is (sd_notify(3)): ready, reloading, stopping. Without
// NOTIFY_SOCKET every function does nothing, and no failure matters to the module.
#include <string_view>

#include "base/fd.h"

namespace gvm::apps {

class Notify {
 public:
  // Takes NOTIFY_SOCKET out of the environment, so that no child speaks for this process.
  Notify();

  // `status` is what `systemctl status` shows: one line.
  void ready(std::string_view status) const;
  // The end has begun; it may take `most_microseconds` from now.
  void stopping(std::string_view status, long long most_microseconds) const;
  void status(std::string_view text) const;

 private:
  void send(std::string_view lines) const;

  Fd socket_;
};

}  // namespace gvm::apps
