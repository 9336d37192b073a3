#pragma once
// Sessions at an external WebDriver: a driver, a standalone server, a grid. Internal to the pool.
#include <optional>
#include <string>

#include "browser/pool.h"
#include "browser/session_source.h"

namespace gvm::browser {

class RemoteSource final : public SessionSource {
 public:
  // A session that was not used for so long is discarded, because grids end idle sessions
  // themselves.
  static constexpr std::chrono::milliseconds kLongestIdle{60'000};

  // `http` outlives it.
  RemoteSource(net::HttpClient& http, const PoolOptions& options);

  void want(std::size_t) override {}
  std::optional<Place> reserve() override;
  asio::awaitable<Result<Prepared>> prepare(Place place, Deadline deadline) override;
  bool usable(const Prepared& prepared) const override;
  void open(const Prepared&, std::shared_ptr<const egress::SlotPolicy>) override {}
  asio::awaitable<void> discard(Prepared prepared, SessionFate fate, std::size_t pages) override;
  void tick() override {}
  asio::awaitable<void> stop() override;
  std::size_t browsers() const override { return in_use_; }
  std::optional<Error> fault() const override { return std::nullopt; }

 private:
  asio::awaitable<Result<Prepared>> try_prepare(Place place, Deadline deadline);
  void give_back();

  net::HttpClient& http_;
  PoolOptions options_;
  std::size_t in_use_ = 0;
  // Sessions made before this time may no longer exist.
  Clock::time_point doubtful_ = Clock::time_point::min();
};

}  // namespace gvm::browser
