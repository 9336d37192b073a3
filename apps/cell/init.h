#pragma once
// The first process inside a cell: starts the two programs, forwards connections to them, watches
// their memory, waits for ended processes, and ends everything together.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cell/child.h"
#include "apps/cell/isolation.h"
#include "apps/cell/loop.h"
#include "apps/cell/relay.h"
#include "base/fd.h"

namespace gvm::cell {

struct Inside {
  Mode mode;
  std::string scratch;
  std::string missing;  // why the better modes were not possible
  bool other_user = false;
};

struct Channels {
  Fd control;
  Fd driver_listener;
  Fd devtools_listener;
};

class Init {
 public:
  Init(CellSpec spec, Inside inside, Channels channels);
  // Runs until the end of the cell; every other process in it has then ended.
  void run();

 private:
  struct Listener {
    Fd socket;
    std::uint16_t port = 0;
  };

  bool make_listeners();
  bool start_browser();
  bool start_driver();
  std::vector<std::string> environment() const;
  void on_browser_line(std::string_view line);
  void on_driver_line(std::string_view line);
  void on_control();
  void on_signal();
  void on_tick();
  void on_ended(pid_t pid, int status);
  void browser_failed(const std::string& how);
  void become_ready();
  void fail(std::string_view kind, std::string sentence);
  void end(std::string why);

  CellSpec spec_;
  Inside inside_;
  Channels channels_;
  Loop loop_;
  Fd signals_;
  Fd timer_;
  std::vector<Listener> listeners_;  // the first one is the refused one
  std::unique_ptr<Child> browser_;
  std::unique_ptr<Child> driver_;
  bool sandbox_ = true;
  std::uint16_t devtools_port_ = 0;
  std::string devtools_path_;
  std::uint16_t driver_port_ = 0;
  std::unique_ptr<Forwarder> to_driver_;
  std::unique_ptr<Forwarder> to_devtools_;
  bool ready_ = false;
};

}  // namespace gvm::cell
