#pragma once
// Sessions in browsers of our own: starts, watches, replaces and ends the browsers. Internal to the
// pool.
//
// A browser is replaced after a number of pages, at an age, when it keeps too much memory while
// idle, or when it does not carry out commands. It then gets no new sessions and ends with its last
// one. A browser that crashes is replaced at once; if that continues, the pauses grow.
#include <optional>
#include <string>
#include <vector>

#include "browser/backoff.h"
#include "browser/own_browser.h"
#include "browser/pool_counters.h"
#include "browser/session_source.h"
#include "browser/tasks.h"

namespace gvm::browser {

class OwnSource final : public SessionSource, public std::enable_shared_from_this<OwnSource> {
 public:
  // A browser that ran for this long did not fail at its start.
  static constexpr std::chrono::seconds kProven{30};

  OwnSource(asio::any_io_executor executor, net::HttpClient& http, egress::Proxy& proxy,
            PoolOptions options, PoolCounters& counters, log::Logger log);

  void want(std::size_t sessions) override;
  std::optional<Place> reserve() override;
  asio::awaitable<Result<Prepared>> prepare(Place place, Deadline deadline) override;
  bool usable(const Prepared& prepared) const override;
  void open(const Prepared& prepared, std::shared_ptr<const egress::SlotPolicy> policy) override;
  asio::awaitable<void> discard(Prepared prepared, SessionFate fate, std::size_t pages) override;
  void tick() override;
  asio::awaitable<void> stop() override;
  std::size_t browsers() const override { return kept_.size(); }
  std::optional<Error> fault() const override { return fault_; }
  std::string protection() const { return protection_; }

 private:
  enum class Stage { serving, worn, old, ending };  // worn: its prepared sessions can still be used
  struct Kept {
    std::shared_ptr<OwnBrowser> browser;
    Stage stage = Stage::serving;
  };
  using Self = std::shared_ptr<OwnSource>;

  static asio::awaitable<void> start_one(Self self);
  static asio::awaitable<void> watch(Self self, std::shared_ptr<OwnBrowser> browser);
  static asio::awaitable<void> end(Self self, std::shared_ptr<OwnBrowser> browser);

  void started(std::shared_ptr<OwnBrowser> browser);
  void failed_to_start(Error error);
  void ended(OwnBrowser& browser);
  void replace(Kept& kept, Stage stage, std::string_view why);
  void end_when_idle(Kept& kept);
  Kept* find(std::uint64_t id);
  const Kept* find(std::uint64_t id) const;
  std::size_t serving() const;

  asio::any_io_executor executor_;
  net::HttpClient& http_;
  egress::Proxy& proxy_;
  PoolOptions options_;
  PoolCounters& counters_;
  log::Logger log_;
  std::vector<Kept> kept_;
  std::size_t starting_ = 0;
  std::uint64_t last_id_ = 0;
  Backoff backoff_;
  std::optional<Error> fault_;
  std::string protection_;
  bool stopping_ = false;
  Tasks tasks_;
};

}  // namespace gvm::browser
