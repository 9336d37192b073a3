#include "browser/remote_source.h"

#include <algorithm>

#include "browser/conditions.h"
#include "net/http_client.h"

namespace gvm::browser {

RemoteSource::RemoteSource(net::HttpClient& http, const PoolOptions& options)
    : http_(http), options_(options) {}

std::optional<Place> RemoteSource::reserve() {
  if (in_use_ >= options_.max_sessions) return std::nullopt;
  ++in_use_;
  return Place{};
}

void RemoteSource::give_back() {
  --in_use_;
  changed();
}

asio::awaitable<Result<Prepared>> RemoteSource::prepare(Place place, Deadline deadline) {
  auto prepared = co_await try_prepare(place, deadline);
  if (!prepared) give_back();
  co_return prepared;
}

asio::awaitable<Result<Prepared>> RemoteSource::try_prepare(Place place, Deadline deadline) {
  Endpoint endpoint{options_.webdriver_host, {}};
  WebDriver driver(http_, std::move(endpoint));
  std::string request = options_.session_create_request;
  auto made = co_await driver.new_session(std::move(request), deadline);
  if (!made) co_return fail(std::move(made.error()));
  Prepared prepared;
  prepared.place = place;
  prepared.session = *made;
  DriverSession session(http_, std::move(*made));
  const SessionTimeouts timeouts{options_.render.navigation, options_.render.command};
  auto ready = co_await session.set_timeouts(timeouts, deadline);
  if (ready) {
    DriverSession same = session;
    Appearance appearance = options_.cell.appearance;
    ready = co_await freeze_conditions(std::move(same), std::move(appearance), deadline);
  }
  if (ready) co_return prepared;
  auto closed = co_await session.close(Deadline::in(options_.discard_timeout));
  (void)closed;  // nothing more can be done about it
  co_return fail(std::move(ready.error()));
}

bool RemoteSource::usable(const Prepared& prepared) const {
  const auto longest = std::min(kLongestIdle, options_.max_age);
  return prepared.made > doubtful_ && Clock::now() - prepared.made < longest;
}

asio::awaitable<void> RemoteSource::discard(Prepared prepared, SessionFate fate, std::size_t) {
  if (fate == SessionFate::gone) doubtful_ = Clock::now();
  DriverSession session(http_, std::move(prepared.session));
  auto closed = co_await session.close(Deadline::in(options_.discard_timeout));
  (void)closed;  // a driver that does not respond has none of our sessions
  give_back();
}

asio::awaitable<void> RemoteSource::stop() {
  co_return;
}

}  // namespace gvm::browser
