#include "web/handler.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <vector>

#include "base/json.h"
#include "browser/fonts.h"
#include "envelope/reply.h"
#include "host/functions.h"
#include "scripted/audit_of_config.h"
#include "scripted/config_part.h"
#include "scripted/current.h"
#include "scripted/generation.h"
#include "scripted/program.h"
#include "web/browsers.h"
#include "web/functions.h"
#include "web/network_of_config.h"
#include "web/render_service.h"
#include "web/session.h"

namespace gvm::web {
namespace {

// A browser that has not started within this time will not start.
constexpr std::chrono::seconds kBrowserStart{60};

script::HostTable table_of(const config::WebConfig& config,
                           std::shared_ptr<const policy::UrlRules> rules) {
  script::HostTable table = host::common_table(scripted::common_options(config.common));
  add_web_functions(table, config, std::move(rules));
  return table;
}

script::ProgramOptions options_of(const config::WebConfig& config,
                                  std::shared_ptr<const policy::UrlRules> rules) {
  return scripted::program_options(config.common, table_of(config, std::move(rules)), "lib-web",
                                   {"Render", "Request"});
}

// What a reload cannot change is taken over: browsers, the audit, what is known of webdriver_host,
// counters.
void take_over(Shared& shared, const Shared& before) {
  shared.counters = before.counters;
  shared.audit = before.audit;
  shared.network.webdriver_host = before.network.webdriver_host;
  shared.pages.webdriver_host = before.pages.webdriver_host;
  shared.pages.browsers = before.pages.browsers;
  shared.pages.thumbnails = before.pages.thumbnails;
  if (shared.service_pages && before.service_pages)
    shared.service_pages->browsers = before.service_pages->browsers;
}

constexpr std::string_view kThumbnailsPart = "/status/thumbnails";

asio::awaitable<serve::HttpAnswer> thumbnails_part(std::shared_ptr<const Thumbnails> thumbnails) {
  serve::HttpAnswer answer;
  answer.body = json::write(thumbnails->to_value()) + "\n";
  co_return answer;
}

// `before`: of the configuration before; null at the start.
Result<std::unique_ptr<Shared>> build(std::shared_ptr<const config::WebConfig> config,
                                      const scripted::ModuleParts& parts, const Shared* before) {
  auto network = network_of(*config, parts.logger);
  if (!network) return fail(std::move(network).error());
  auto program = script::Program::load(options_of(*config, network->rules));
  if (!program) return fail(std::move(program).error());
  auto shared = std::make_unique<Shared>();
  shared->config = config;
  shared->program = std::move(*program);
  if (auto added = scripted::complete(*shared, config->common, parts, before); !added)
    return fail(std::move(added).error());
  shared->network = std::move(*network);
  shared->pages = page_settings_of(*config, shared->network);
  shared->pages.driver_url = driver_url(*config);
  if (config->serves_apart())
    shared->service_pages = service_page_settings_of(*config, shared->pages);
  if (before != nullptr) {
    take_over(*shared, *before);
  } else {
    auto audit = scripted::open_audit("web", config->audit, config->common, parts.logger);
    if (!audit) return fail(std::move(audit).error());
    shared->audit = std::move(*audit);
  }
  shared->guards = guarded::Guards::make(config->guards, {});
  const auto& rules = shared->network;
  shared->networks = std::make_shared<LaneNetworks>(
      parts.lanes, shared->http,
      LaneNetworks::Settings{resolver_options_of(*config), rules.rules, rules.routes.proxies()});
  return shared;
}

class Module final : public WebModule {
 public:
  Module(std::shared_ptr<Shared> shared, net::Lanes& lanes)
      : shared_(std::move(shared)),
        lanes_(lanes),
        webdriver_host_(shared_->pages.webdriver_host),
        workers_(shared_->config->common.blocking_threads) {
    const auto& config = *shared_->config;
    if (config.has_own_browsers()) browser::clean_leftovers(config.browser.runtime_dir);
    // What is at webdriver_host is not known before it has been asked: see check_browsers().
    if (shared_->pages.engine != PageEngine::http && !shared_->pages.webdriver_host)
      make_browsers(pool_options_of(config));
    if (auto& pages = shared_->service_pages; pages && pages->engine != PageEngine::http) {
      service_browsers_ = start_browsers(service_pool_options_of(config));
      pages->browsers = &service_browsers_->pool();
    }
  }

  // Lanes have stopped: what waits is written before the process ends.
  ~Module() override {
    if (const auto now = current_.get(); now->audit) now->audit->close();
  }

  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t session_id) override {
    return std::make_unique<WebSession>(current_.get(), lane, workers_, session_id);
  }
  // Only the length-prefixed framing has such replies, and only generation C speaks it.
  std::string fatal_reply(const Error& error) override {
    return envelope::encode_error(error, envelope::Generation::c);
  }
  void collect_metrics(metrics::Exposition& out) override {
    const auto now = current_.get();
    now->counters->write_to(out);
    if (now->guards) now->guards->write_to(out);
    if (now->audit) now->audit->write_to(out);
    write_browser_metrics(out);
    scripted::write_shared(out, *now);
    scripted::write_generation(out, "genvm_web", now->generation, current_.earlier());
  }
  Health health() override {
    Health health;
    if (const auto& host = webdriver_host_) {
      const std::string kind(kind_name(host->kind()));
      health.details = Value::fields("webdriver_host", Value::string(kind));
    } else if (browsers_) {
      const auto running = static_cast<std::int64_t>(browsers_->pool().stats().browsers);
      health.details = Value::fields("browsers", Value::integer(running));
    }
    const auto generation = Integer::from_u64(current_.get()->generation);
    health.details.as_map()->set("generation", Value::integer(generation));
    return health;
  }

  std::optional<asio::awaitable<serve::HttpAnswer>> status_part(std::string_view target) override {
    const auto path = target.substr(0, target.find('?'));
    const auto now = current_.get();
    if (path == scripted::kConfigPart) return scripted::config_part(now->config->common.shown);
    if (path == kThumbnailsPart && now->pages.thumbnails)
      return thumbnails_part(now->pages.thumbnails);
    return std::nullopt;
  }

  Result<scripted::Commit> prepare_reload(std::shared_ptr<const config::WebConfig> config,
                                          const scripted::ModuleParts& parts) override {
    const auto before = current_.get();
    auto next = build(std::move(config), parts, before.get());
    if (!next) return fail(std::move(next).error());
    return [this, next = scripted::freed_later(std::move(*next), parts)]() mutable {
      shared_.reset();
      current_.replace(next)->pools->retire();
      next.reset();
    };
  }

  serve::Service& render_service() override { return render_service_; }

  Result<void> check_browsers() override {
    if (shared_->pages.webdriver_host && shared_->pages.engine != PageEngine::http) {
      ask_webdriver_host();
    } else if (browsers_) {
      if (auto ready = check_own(*browsers_, shared_->pages); !ready) return ready;
    }
    if (!service_browsers_) return {};
    if (!shared_->config->render_service.webdriver_host.empty()) {
      ask_driver_of_service();
      return {};
    }
    return check_own(*service_browsers_, *shared_->service_pages);
  }

  void stop_browsers(std::chrono::milliseconds patience) override {
    for (const auto* browsers : {&browsers_, &service_browsers_})
      if (*browsers) (*browsers)->pool().stop_and_wait(patience);
  }

 private:
  static constexpr std::chrono::seconds kStopPatience{5};

  std::unique_ptr<Browsers> start_browsers(browser::PoolOptions options) const {
    return std::make_unique<Browsers>(lanes_.at(0), resolver_options_of(*shared_->config),
                                      std::move(options), shared_->logger);
  }

  void make_browsers(browser::PoolOptions options) {
    browsers_ = start_browsers(std::move(options));
    shared_->pages.browsers = &browsers_->pool();
  }

  void write_browser_metrics(metrics::Exposition& out) const {
    if (!browsers_ && !service_browsers_) return;
    browser::PoolStats stats;
    for (const auto* browsers : {&browsers_, &service_browsers_})
      if (*browsers) stats += (*browsers)->pool().stats();
    write_browsers(out, stats);
  }

  // An error when there is no browser and `pages` must have one.
  Result<void> check_own(Browsers& browsers, PageSettings& pages) const {
    auto ready = browsers.check(Deadline::in(kBrowserStart));
    const auto& logger = shared_->logger;
    if (ready) {
      logger.info("browsers are ready",
                  {{"protection", Value::string(browsers.pool().protection())}});
      warn_of_missing_fonts();
      return {};
    }
    if (pages.engine == PageEngine::browser) return ready;
    logger.warn("no browser: pages are read without one, as far as they are static",
                {{"error", ready.error().to_value()}});
    browsers.pool().stop_and_wait(kStopPatience);
    pages.browsers = nullptr;
    return {};
  }

  // A driver that comes later is found then: a page of the service asks it again.
  void ask_driver_of_service() const {
    if (auto ready = service_browsers_->check(Deadline::in(kHostAnswer)); !ready)
      shared_->logger.warn(
          "render_service.webdriver_host opens no session; it is asked again when a page is wanted",
          {{"error", ready.error().to_value()}});
  }

  void warn_of_missing_fonts() const {
    for (const auto& font : browser::scripts_without_installed_font())
      shared_->logger.warn(
          "pictures of pages show boxes: no font for a script is installed",
          {{"script", Value::string(font.script)}, {"package", Value::string(font.package)}});
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

  static constexpr std::chrono::seconds kHostAnswer{10};

  // Of the start, and changed only before the first session; null after a reload.
  std::shared_ptr<Shared> shared_;
  net::Lanes& lanes_;
  const std::shared_ptr<WebdriverHost> webdriver_host_;
  asio::thread_pool workers_;
  std::unique_ptr<Browsers> browsers_;          // null: engine http
  std::unique_ptr<Browsers> service_browsers_;  // null: the service has those of the sessions
  scripted::Current<Shared> current_{shared_};
  RenderService render_service_{current_, workers_};
};

}  // namespace

Result<script::HostTable> host_table(const config::WebConfig& config) {
  auto rules = url_rules_of(config);
  if (!rules) return fail(std::move(rules).error());
  return table_of(config, std::move(*rules));
}

Result<script::ProgramOptions> script_options(const config::WebConfig& config) {
  auto rules = url_rules_of(config);
  if (!rules) return fail(std::move(rules).error());
  return options_of(config, std::move(*rules));
}

Result<std::shared_ptr<const script::Program>> load_script(const config::WebConfig& config) {
  auto options = script_options(config);
  if (!options) return fail(std::move(options).error());
  return script::Program::load(std::move(*options));
}

Result<std::unique_ptr<WebModule>> make_web_module(std::shared_ptr<const config::WebConfig> config,
                                                   const scripted::ModuleParts& parts) {
  auto shared = build(std::move(config), parts, nullptr);
  if (!shared) return fail(std::move(shared).error());
  return std::make_unique<Module>(std::move(*shared), parts.lanes);
}

}  // namespace gvm::web
