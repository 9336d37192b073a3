#include "serve/run.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"

namespace gvm::serve {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kAfterGrace{
    6'000};                                           // cancelled sessions have ended long before
constexpr std::chrono::milliseconds kUsualGrace{-1};  // the one that run() was given
// Between two lines of the log about the end, and about sessions that outlive a takeover.
constexpr std::chrono::seconds kProgress{5};
constexpr std::chrono::seconds kSlowProgress{60};
constexpr int kSignalExitBase = 128;

}  // namespace

class Lifetime::Impl {
 public:
  explicit Impl(WithParent parent)
      : signals_(context_, SIGTERM, SIGINT, SIGHUP),
        timer_(context_),
        retirement_(context_),
        progress_(context_) {
    std::signal(SIGPIPE, SIG_IGN);
    if (parent == WithParent::die) watch_parent();
  }

  void also(Server& other) { servers_.push_back(&other); }
  void on_hangup(std::function<void()> reload) { hangup_ = std::move(reload); }
  void on_ending(std::function<void(const Ending&)> tell) { tell_ = std::move(tell); }

  int run(Server& server, std::chrono::milliseconds grace, const log::Logger& log) {
    servers_.insert(servers_.begin(), &server);
    grace_ = grace;
    log_ = &log;
    wait_signal();
    wait_parent();
    server.on_exhausted(
        [this] { asio::post(context_, [this] { begin("the inherited connection has ended"); }); });
    context_.run();
    return exit_code_;
  }

  asio::io_context& context() { return context_; }

  void retire(std::chrono::milliseconds longest, std::function<void()> closed) {
    if (stopping_ || retired_) return;
    retired_ = true;
    log_->info("another process takes over",
               {{"sessions", Value::integer(static_cast<std::int64_t>(sessions()))}});
    ending_ = {.reason = "another process takes over", .sessions = 0, .most = longest};
    end_ = Clock::now() + longest;
    tell_progress();
    retirement_.expires_after(longest);
    retirement_.async_wait([this](const boost::system::error_code& error) {
      if (!error) begin("sessions have outlived the takeover");
    });
    await_end();
    auto open = std::make_shared<std::size_t>(servers_.size());
    for (Server* server : servers_) {
      server->retire([this, open, closed] {
        asio::post(context_, [open, closed] {
          if (--*open == 0) closed();
        });
      });
    }
  }

  void begin(const std::string& why, std::chrono::milliseconds grace = kUsualGrace) {
    if (stopping_) return;
    stopping_ = true;
    if (grace.count() < 0) grace = grace_;
    log_->info("shutting down",
               {{"reason", Value::string(why)},
                {"sessions", Value::integer(static_cast<std::int64_t>(sessions()))}});
    ending_ = {.reason = why, .sessions = 0, .most = grace + kAfterGrace};
    end_ = Clock::now() + ending_.most;
    tell_progress();
    timer_.expires_after(grace + kAfterGrace);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) finish(1, "shut down, leaving sessions behind that did not end");
    });
    await_end();
    for (Server* server : servers_) server->shutdown(grace);
  }

 private:
  std::size_t sessions() const { return servers_.front()->sessions(); }

  // Now, and until the process ends. The first lines of the log are written by who begins.
  void tell_progress() {
    ending_.begins = true;
    tell();
    ending_.begins = false;
    wait_progress();
  }

  void wait_progress() {
    progress_.expires_after(stopping_ ? kProgress : kSlowProgress);
    progress_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      tell();
      log_->info("still ending",
                 {{"reason", Value::string(ending_.reason)},
                  {"sessions", Value::integer(static_cast<std::int64_t>(ending_.sessions))},
                  {"at_most_ms", Value::integer(ending_.most.count())}});
      wait_progress();
    });
  }

  void tell() {
    ending_.sessions = sessions();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now());
    ending_.most = std::max(left, std::chrono::milliseconds(0));
    if (tell_) tell_(ending_);
  }

  // Set anew by begin() after retire(): an earlier call's count does not matter any more.
  void await_end() {
    auto running = std::make_shared<std::size_t>(servers_.size());
    for (Server* server : servers_) {
      server->on_stopped([this, running] {
        asio::post(context_, [this, running] {
          if (--*running == 0) finish(0, "shut down");
        });
      });
    }
  }

  // A descriptor of the parent rather than PR_SET_PDEATHSIG: that one fires when the *thread* that
  // started us ends, and runtimes with thread pools end threads all the time. It serves where the
  // parent is of another PID namespace.
  void watch_parent() {
    const pid_t parent = ::getppid();
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, parent, 0));
    if (fd < 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    } else {
      parent_.emplace(context_, fd);
    }
    // It may have gone before it was watched, and its number may be another process' now.
    orphaned_ = ::getppid() != parent;
  }

  void wait_parent() {
    if (orphaned_) begin("the parent process is gone");
    if (!parent_ || orphaned_) return;
    parent_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [this](const boost::system::error_code& error) {
                          if (!error) begin("the parent process is gone");
                        });
  }

  void wait_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      if (number == SIGHUP) {
        if (hangup_ && !stopping_)
          hangup_();
        else
          log_->info("SIGHUP is ignored: this process takes no other configuration");
        return wait_signal();
      }
      if (stopping_) {
        log_->warn("second signal: ending at once");
        log_->flush();
        std::_Exit(kSignalExitBase + number);
      }
      begin(number == SIGTERM ? "SIGTERM" : "SIGINT");
      wait_signal();
    });
  }

  void finish(int code, const char* message) {
    if (context_.stopped()) return;
    exit_code_ = code;
    code == 0 ? log_->info(message) : log_->error(message);
    for (Server* server : servers_) {
      server->on_stopped(nullptr);
      server->on_exhausted(nullptr);
    }
    context_.stop();
  }

  asio::io_context context_{1};
  asio::signal_set signals_;
  asio::steady_timer timer_;
  asio::steady_timer retirement_;
  asio::steady_timer progress_;
  Ending ending_;
  Clock::time_point end_;  // of the process, whatever its sessions do
  std::function<void(const Ending&)> tell_;
  std::optional<asio::posix::stream_descriptor> parent_;
  bool orphaned_ = false;
  bool stopping_ = false;
  bool retired_ = false;
  int exit_code_ = 0;
  std::vector<Server*> servers_;  // that of run() first
  std::function<void()> hangup_;
  std::chrono::milliseconds grace_{0};
  const log::Logger* log_ = nullptr;
};

Lifetime::Lifetime(WithParent parent) : impl_(std::make_unique<Impl>(parent)) {}

Lifetime::~Lifetime() = default;

void Lifetime::also(Server& other) {
  impl_->also(other);
}

void Lifetime::on_ending(std::function<void(const Ending&)> tell) {
  impl_->on_ending(std::move(tell));
}

void Lifetime::on_hangup(std::function<void()> reload) {
  impl_->on_hangup(std::move(reload));
}

int Lifetime::run(Server& server, std::chrono::milliseconds grace, const log::Logger& log) {
  return impl_->run(server, grace, log);
}

boost::asio::io_context& Lifetime::context() {
  return impl_->context();
}

void Lifetime::stop(const std::string& why, std::chrono::milliseconds grace) {
  impl_->begin(why, grace);
}

void Lifetime::retire(std::chrono::milliseconds longest, std::function<void()> closed) {
  impl_->retire(longest, std::move(closed));
}

}  // namespace gvm::serve
