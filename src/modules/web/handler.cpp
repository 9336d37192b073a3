#include "web/handler.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <vector>

#include "envelope/reply.h"
#include "host/functions.h"
#include "scripted/pools.h"
#include "scripted/program.h"
#include "web/browsers.h"
#include "web/functions.h"
#include "web/lane_network.h"
#include "web/network_of_config.h"
#include "web/render_service.h"
#include "web/session.h"

namespace gvm::web {
namespace {

// A browser that has not started within this time will not start.
constexpr std::chrono::seconds kBrowserStart{60};

class Module final : public WebModule {
 public:
  Module(std::shared_ptr<Shared> shared, net::Lanes& lanes, net::HttpClientOptions http)
      : shared_(std::move(shared)),
        lanes_(lanes),
        http_(std::move(http)),
        workers_(shared_->config->common.blocking_threads),
        pools_(lanes.size(), shared_->config->common.vm_count),
        networks_(lanes.size()) {
    // What is at webdriver_host is not known before it has been asked: see check_browsers().
    if (shared_->pages.engine == PageEngine::http || shared_->pages.webdriver_host) return;
    auto options = pool_options_of(*shared_->config);
    browser::clean_leftovers(options.cell.runtime_dir);
    make_browsers(std::move(options));
  }

  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t) override {
    return std::make_unique<WebSession>(shared_, lane, network_of(lane), workers_,
                                        pools_.of(lane, shared_->program));
  }
  // Only the length-prefixed framing has such replies, and only generation C speaks it.
  std::string fatal_reply(const Error& error) override {
    return envelope::encode_error(error, envelope::Generation::c);
  }
  void collect_metrics(metrics::Exposition& out) override {
    shared_->counters->write_to(out);
    if (browsers_) browsers_->write_to(out);
  }
  Health health() override {
    Health health;
    if (const auto& host = shared_->pages.webdriver_host) {
      const std::string kind(kind_name(host->kind()));
      health.details = Value::fields("webdriver_host", Value::string(kind));
    } else if (browsers_) {
      const auto running = static_cast<std::int64_t>(browsers_->pool().stats().browsers);
      health.details = Value::fields("browsers", Value::integer(running));
    }
    return health;
  }

  serve::Service& render_service() override { return render_service_; }

  Result<void> check_browsers() override {
    if (shared_->pages.webdriver_host && shared_->pages.engine != PageEngine::http) {
      ask_webdriver_host();
      return {};
    }
    if (!browsers_) return {};
    const Deadline deadline = Deadline::in(kBrowserStart);
    auto ready = browsers_->check(deadline);
    const auto& logger = shared_->logger;
    if (ready) {
      logger.info("browsers are ready",
                  {{"protection", Value::string(browsers_->pool().protection())}});
      return {};
    }
    if (shared_->pages.engine == PageEngine::browser) return ready;
    logger.warn("no browser: pages are read without one, as far as they are static",
                {{"error", ready.error().to_value()}});
    browsers_->pool().stop_and_wait(kStopPatience);
    shared_->pages.browsers = nullptr;
    return {};
  }

  void stop_browsers(std::chrono::milliseconds patience) override {
    if (browsers_) browsers_->pool().stop_and_wait(patience);
  }

 private:
  static constexpr std::chrono::seconds kStopPatience{5};

  void make_browsers(browser::PoolOptions options) {
    browsers_ = std::make_unique<Browsers>(lanes_.at(0), resolver_options_of(*shared_->config),
                                           std::move(options), shared_->logger);
    shared_->pages.browsers = &browsers_->pool();
  }

  // Sessions are opened ahead at a WebDriver only. A server that does not answer yet is asked again
  // when the first page is wanted.
  void ask_webdriver_host() {
    const auto& host = shared_->pages.webdriver_host;
    auto& lane = lanes_.at(0);
    auto asking = asio::co_spawn(
        lane.executor(), host->find_out(lane.http(), Deadline::in(kHostAnswer)), asio::use_future);
    if (auto kind = asking.get(); !kind) {
      shared_->logger.warn(
          "webdriver_host does not answer; it is asked again when a page is wanted",
          {{"error", kind.error().to_value()}});
    }
    if (host->kind() == WebdriverHost::Kind::rendering_service) return;
    auto options = pool_options_of(*shared_->config);
    if (host->kind() == WebdriverHost::Kind::unknown) options.min_warm = 0;
    make_browsers(std::move(options));
  }

  // Made by the lane's first session.
  LaneNetwork& network_of(net::Lane& lane) {
    auto& network = networks_[lane.index()];
    if (!network) {
      network = std::make_unique<OwnedLaneNetwork>(
          lane, http_, resolver_options_of(*shared_->config), shared_->network.rules,
          shared_->network.routes.proxies());
    }
    return network->network();
  }

  static constexpr std::chrono::seconds kHostAnswer{10};

  std::shared_ptr<Shared> shared_;  // changed only before the first session
  net::Lanes& lanes_;
  net::HttpClientOptions http_;
  asio::thread_pool workers_;
  scripted::Pools pools_;
  // By lane, each touched by its own thread only.
  std::vector<std::unique_ptr<OwnedLaneNetwork>> networks_;
  std::unique_ptr<Browsers> browsers_;  // null: engine http
  RenderService render_service_{
      shared_, [this](net::Lane& lane) -> LaneNetwork& { return network_of(lane); }, workers_};
};

script::HostTable table_of(const config::WebConfig& config,
                           std::shared_ptr<const policy::UrlRules> rules) {
  script::HostTable table = host::common_table(scripted::common_options(config.common));
  add_web_functions(table, config, std::move(rules));
  return table;
}

}  // namespace

Result<script::HostTable> host_table(const config::WebConfig& config) {
  auto rules = url_rules_of(config);
  if (!rules) return fail(std::move(rules).error());
  return table_of(config, std::move(*rules));
}

Result<std::unique_ptr<WebModule>> make_web_module(std::shared_ptr<const config::WebConfig> config,
                                                   std::shared_ptr<const Redactor> redactor,
                                                   log::Logger logger, net::Lanes& lanes,
                                                   const net::HttpClientOptions& http) {
  auto network = network_of(*config, logger);
  if (!network) return fail(std::move(network).error());
  auto program = scripted::load_program(config->common, table_of(*config, network->rules),
                                        "lib-web", {"Render", "Request"});
  if (!program) return fail(std::move(program).error());
  auto signing_keys = host::SigningKeys::load(config->common.signing);
  if (!signing_keys) return fail(std::move(signing_keys).error());

  auto shared = std::make_shared<Shared>();
  shared->config = config;
  shared->redactor = std::move(redactor);
  shared->program = std::move(*program);
  shared->signing_keys = std::move(*signing_keys);
  shared->network = std::move(*network);
  shared->pages = page_settings_of(*shared->config, shared->network);
  shared->pages.driver_url = driver_url(*shared->config);
  shared->logger = std::move(logger);
  return std::make_unique<Module>(std::move(shared), lanes, http);
}

}  // namespace gvm::web
