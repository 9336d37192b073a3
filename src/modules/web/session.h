#pragma once
// One connection of a GenVM to the web module: hello, then requests through the operator's script.
// On one lane.
#include <memory>
#include <optional>

#include "audit/log.h"
#include "config/web_config.h"
#include "envelope/web_request.h"
#include "guarded/guards.h"
#include "net/lane.h"
#include "scripted/session.h"
#include "web/audited_page.h"
#include "web/lane_network.h"
#include "web/services.h"

namespace gvm::web {

// What all sessions of one configuration share; immutable but for the counters and the browsers.
struct Shared : scripted::ModuleContext {
  std::shared_ptr<const config::WebConfig> config;
  Network network;
  PageSettings pages;
  std::optional<PageSettings> service_pages;  // of the rendering service; empty: as the sessions'
  std::shared_ptr<Counters> counters = std::make_shared<Counters>();
  std::shared_ptr<guarded::Guards> guards;  // null: no rules
  std::shared_ptr<audit::Log> audit;        // null: none is kept; the same after a reload
  std::shared_ptr<LaneNetworks> networks;
};

class WebSession final : public scripted::Session {
 public:
  // `lane` and `workers` outlive the session.
  WebSession(std::shared_ptr<const Shared> shared, net::Lane& lane, asio::thread_pool& workers,
             std::uint64_t number);

 private:
  asio::awaitable<Result<std::string>> answer(Value message, Deadline deadline) override;
  std::unique_ptr<script::Services> make_services() override;
  void add_stats(Value::Map& stats) const override;
  // A site was too slow, so the contract may catch the error. Scripts have limits of their own.
  Fatality deadline_fatality() const override { return Fatality::user; }
  // Counted and recorded.
  asio::awaitable<Result<Value>> run(envelope::AnyWebRequest request, Deadline deadline);
  asio::awaitable<Result<Value>> ask_script(envelope::AnyWebRequest& request, Deadline deadline);

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<guarded::SessionGuards> guards_;  // null: no rules
  std::optional<Audit> audit_;                      // since the first request
  LaneNetwork& network_;                            // of `shared_` and of the lane
  asio::thread_pool& workers_;
  std::uint64_t renders_ = 0;  // asked for in this session
  std::uint64_t fetches_ = 0;  // the contracts' own requests
};

}  // namespace gvm::web
