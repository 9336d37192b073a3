#pragma once
// A module as a process of its own: started, listened to, and waited for. What it says and how it
// ended is kept here. On the manager's thread; kept alive by its own coroutines until it has ended.
#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "control/channel.h"
#include "manager/line_relay.h"
#include "manager/signal.h"

namespace gvm::manager {

namespace asio = boost::asio;

struct ChildSpec {
  std::string program;  // path
  std::vector<std::string> arguments;
  std::vector<std::string> variables;  // "NAME=VALUE", beside this process's environment
  // For the child to inherit; these stay the caller's. -1: none.
  int listen_fd = -1;
  int config_fd = -1;
  int baton_fd = -1;
};

class Child : public std::enable_shared_from_this<Child> {
 public:
  static constexpr std::size_t kKeptLines = 20;
  static constexpr std::size_t kKeptLineBytes = 2'000;

  // MODULE_START_FAILED when there can be no process. `relay` outlives the child.
  static Result<std::shared_ptr<Child>> start(asio::io_context& context, const ChildSpec& spec,
                                              LineRelay& relay);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool checked() const { return checked_; }          // it could serve
  bool ready() const { return ready_; }              // it serves
  bool handed_over() const { return handed_over_; }  // it accepts nothing any more
  bool ended() const { return status_.has_value(); }
  const std::vector<std::string>& reasons() const { return reasons_; }  // why it did not start
  const Value& facts() const { return facts_; }                         // of its log line "ready"
  const std::deque<std::string>& last_lines() const { return last_lines_; }
  // How many reloads have ended, and how the last one did.
  std::uint64_t reloads() const { return reloads_; }
  const Value& last_reload() const { return last_reload_; }
  // "exit code 1", "signal 9 (Killed)"; empty while it runs.
  std::string how_it_ended() const;

  // False when it cannot be told.
  bool tell(const Value& message, int fd = -1) { return control_.send(message, fd); }
  void kill() const;
  // Until one of the above changes, or the deadline. Look again afterwards.
  asio::awaitable<void> change(Deadline deadline) { return changed_.wait(deadline); }

 private:
  struct Ends {
    Fd control, out, err, pid_fd;
    pid_t pid = -1;
  };
  Child(asio::io_context& context, Ends ends, LineRelay& relay);
  using Stream = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

  void begin();
  static asio::awaitable<void> hear(std::shared_ptr<Child> self);
  static asio::awaitable<void> read_lines(std::shared_ptr<Child> self, Stream& from);
  static asio::awaitable<void> wait_end(std::shared_ptr<Child> self);
  void take(const Value& event);
  void keep_line(std::string line);

  asio::io_context& context_;
  LineRelay& relay_;
  pid_t pid_;
  control::Channel control_;
  Stream out_;
  Stream err_;
  Stream pid_fd_;
  Signal changed_;
  bool checked_ = false;
  bool ready_ = false;
  bool handed_over_ = false;
  std::optional<int> status_;  // as of waitpid()
  std::vector<std::string> reasons_;
  Value facts_ = Value::map();
  std::uint64_t reloads_ = 0;
  Value last_reload_;
  std::deque<std::string> last_lines_;
};

}  // namespace gvm::manager
