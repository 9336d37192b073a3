#pragma once
// Where the pool's WebDriver sessions come from: browsers of our own (own_source.h), or an external
// driver (remote_source.h). Internal to the pool; used on the pool's executor only.
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/deadline.h"
#include "base/error.h"
#include "browser/render.h"
#include "browser/webdriver.h"

namespace gvm::egress {
struct SlotPolicy;
}

namespace gvm::browser {

// A place for one session. Its meaning is known only to the source.
struct Place {
  std::uint64_t browser = 0;
  std::size_t slot = 0;
};

// A session that serves one lease.
struct Prepared {
  Place place;
  SessionInfo session;
  std::string browser_context;  // of DevTools; empty: none
  Clock::time_point made = Clock::now();
};

class SessionSource {
 public:
  virtual ~SessionSource() = default;

  // Called whenever a place may have become free, or a session may have ended.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

  // So many sessions are wanted in addition to those that exist. Starts to make places where that
  // takes time.
  virtual void want(std::size_t sessions) = 0;
  // Takes a place when one is free; prepare() or discard() returns it.
  virtual std::optional<Place> reserve() = 0;
  // Returns the place when it fails.
  virtual asio::awaitable<Result<Prepared>> prepare(Place place, Deadline deadline) = 0;
  // False when it can no longer serve: its browser has ended.
  virtual bool usable(const Prepared& prepared) const = 0;
  // Begins a lease: from now on pages may be loaded, under `policy`.
  virtual void open(const Prepared& prepared, std::shared_ptr<const egress::SlotPolicy> policy) = 0;
  // Ends the session and everything it loaded, then returns the place. `pages` is the number of
  // pages it has shown.
  virtual asio::awaitable<void> discard(Prepared prepared, SessionFate fate, std::size_t pages) = 0;
  // Checks ages and sizes; called about once a second.
  virtual void tick() = 0;
  // Ends everything.
  virtual asio::awaitable<void> stop() = 0;
  virtual std::size_t browsers() const = 0;
  // Why there is no free place, for requests that were not served; empty: too many sessions are in
  // use.
  virtual std::optional<Error> fault() const = 0;

 protected:
  void changed() const {
    if (changed_) changed_();
  }

 private:
  std::function<void()> changed_;
};

}  // namespace gvm::browser
