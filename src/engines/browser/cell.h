#pragma once
// A cell: one Chromium and one ChromeDriver that can reach nothing but the module's egress proxy.
// One process tree under `genvm-browser-cell`, in namespaces of its own where the machine allows
// them (docs/browser-isolation.md). Owned and used by one lane, whose thread must live as long as
// the cell: the kernel ends a cell together with the thread that started it.
//
// The whole cell ends when the browser crashes, when the driver ends, when a limit is exceeded, and
// when this process ends for any reason. No process, profile or socket remains after a cell has
// ended.
#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/size.h"

namespace gvm::browser {

namespace asio = boost::asio;

// What pages see of the machine. It must be the same on every machine, so that validators agree.
struct Appearance {
  int width = 1280;  // CSS pixels
  int height = 1024;
  double scale = 1.0;
  std::string language = "en-US";
  std::string time_zone = "UTC";  // of the tz database
  // The same for every version of Chromium. Empty: Chromium's own.
  std::string user_agent =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 "
      "Safari/537.36";
};

struct CellLimits {
  std::size_t memory_bytes = 2 * kGiB;     // of all processes and the private file system together
  std::size_t scratch_bytes = 512 * kMiB;  // the profile, caches and shared memory
  std::size_t processes = 256;
  std::size_t open_files = 8192;  // per process
};

enum class Isolation {
  best,       // every namespace the machine allows
  network,    // at most a network namespace, no others
  processes,  // process group, sub-reaper and limits only, where no namespace is allowed
};

struct CellOptions {
  // Created when missing, with mode 0700. Each cell has a folder in it; nothing else in it is
  // touched. Paths of sockets are limited to 107 bytes, so keep it short.
  std::filesystem::path runtime_dir;
  std::filesystem::path cell_program = {};  // empty: genvm-browser-cell beside this program
  std::filesystem::path browser = {};       // empty: installed_browser()
  std::filesystem::path driver = "/usr/bin/chromedriver";
  std::size_t slots = 4;  // number of sessions that can be distinguished at the same time
  CellLimits limits = {};
  Appearance appearance = {};
  std::vector<std::string> arguments = {};  // further ones for Chromium, checked by the caller
  Isolation isolation = Isolation::best;
  log::Logger log = {};
};

// The kinds of protection that are active.
struct Protection {
  bool network = false;      // a network namespace with loopback only: packets have no other way
  bool processes = false;    // a PID namespace: when its first process ends, the kernel kills all
  bool files = false;        // a file system of its own: /usr, fonts and a private /tmp
  bool user = false;         // runs as a user without rights, or in a user namespace
  bool sandbox = false;      // Chromium's own sandbox around its renderers
  std::string missing = {};  // why something is not active; empty when all is

  // One line for the log.
  std::string to_string() const;
};

// Listening sockets, which the browser sees on its loopback. The socket through which a connection
// comes identifies its slot: egress::Proxy::listen() takes them.
struct CellListeners {
  Fd refused;             // for the browser's default profile: keep its slot closed
  std::vector<Fd> slots;  // slot i is the one that proxy_url(i) names
};

class Cell {
 public:
  // Starts both programs and waits until both respond.
  //   CREATING_SESSION   fatal; ctx.kind is one of missing (a program is not installed: the detail
  //                      names the Debian package), start, crash
  //   DEADLINE_EXCEEDED  fatal; nothing is left running
  //   CANCELLED          the same
  static asio::awaitable<Result<std::unique_ptr<Cell>>> start(asio::any_io_executor executor,
                                                              CellOptions options,
                                                              Deadline deadline);
  // Ends everything in the background, unless stop() already has.
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  // Unix sockets that lead to the driver's HTTP port and to Chromium's DevTools port. Any number of
  // connections; only this user can open them.
  const std::filesystem::path& driver_socket() const;
  const std::filesystem::path& devtools_socket() const;
  // "127.0.0.1:PORT", as seen inside: for goog:chromeOptions.debuggerAddress, and as the Host
  // header of DevTools requests.
  const std::string& devtools_address() const;
  // "/devtools/browser/UUID": the path of the browser's websocket.
  const std::string& devtools_path() const;
  const std::string& driver_address() const;  // "127.0.0.1:PORT", for the Host header
  // "http://127.0.0.1:PORT": what Target.createBrowserContext takes as its proxyServer, together
  // with proxyBypassList "<-loopback>".
  std::string proxy_url(std::size_t slot) const;
  std::size_t slots() const;
  // Call once, after start().
  CellListeners take_listeners();

  const Protection& protection() const;
  bool alive() const;
  // Why it ended ("browser ended by signal 11", "memory limit"); empty while it is running.
  const std::string& exit_reason() const;
  // Returns once every process has ended and the folder is gone.
  asio::awaitable<void> wait_exit();
  // Kills everything, then waits as wait_exit() does.
  asio::awaitable<void> stop();

  // Updated once a second: anonymous memory of all processes, and the private file system.
  std::size_t memory_bytes() const;
  std::size_t process_count() const;
  pid_t pid() const;  // the cell's outermost process; when it ends, all others end
  const std::filesystem::path& folder() const;

 private:
  class Impl;
  explicit Cell(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// Chromium's headless shell where Debian's package of it is installed, else Chromium. The shell is
// the same engine without a window system; rendering a page takes a third of the time.
std::filesystem::path installed_browser();

// Ends the processes that a killed predecessor left under `runtime_dir`, and removes their folders.
// Folders whose owner is alive are not touched. Returns the number of folders removed. Blocks; call
// it before serving.
std::size_t clean_leftovers(const std::filesystem::path& runtime_dir);

}  // namespace gvm::browser
