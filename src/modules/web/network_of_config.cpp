#include "web/network_of_config.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>

#include "config/web_policy.h"
#include "egress/proxy.h"
#include "net/interface_addresses.h"
#include "net/resolver.h"

namespace gvm::web {
namespace {

std::optional<policy::IpAddress> address_of(const asio::ip::address& address) {
  const asio::ip::tcp::endpoint endpoint(address, 0);
  return policy::IpAddress::from(*endpoint.data());
}

// The port of "host:port"; 0 for a Unix socket and for a port the system chooses.
std::uint16_t port_of(const std::string& bind_address) {
  const auto colon = bind_address.rfind(':');
  if (bind_address.starts_with("unix:") || colon == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::strtoul(bind_address.c_str() + colon + 1, nullptr, 10));
}

// The facts that are known only at run time: the addresses of this host, and where the module
// listens.
policy::AddressRules address_rules_of(const config::WebConfig& config) {
  auto rules = config::address_rules_config(config);
  for (const auto& address : net::interface_addresses()) {
    if (const auto own = address_of(address)) rules.own.push_back(*own);
  }
  for (const auto& listening : {config.common.bind_address, config.common.serve.admin_address,
                                config.render_service.bind_address}) {
    if (const auto port = port_of(listening); port != 0)
      rules.listeners.push_back({policy::IpAddress(), port});
  }
  return policy::AddressRules(std::move(rules));
}

RequestLimits limits_of(const config::HttpConfig& http) {
  RequestLimits limits;
  limits.connect = http.connect_timeout;
  limits.first_byte = http.first_byte_timeout;
  limits.idle = http.idle_timeout;
  limits.max_body = http.web.max_body;
  limits.max_headers = http.web.max_headers;
  limits.max_header_count = http.web.max_header_count;
  limits.decompression = {http.web.max_decompression_ratio, http.web.decompression_floor};
  limits.min_speed = {http.web.min_speed, http.web.min_speed_window};
  limits.version = http.web.http2 ? net::HttpVersion::best : net::HttpVersion::http1;
  limits.redirects = static_cast<unsigned>(http.web.max_redirects);
  return limits;
}

RetrySettings retries_of(const config::WebRetryConfig& retry) {
  RetrySettings settings;
  settings.attempts = static_cast<unsigned>(retry.attempts);
  settings.backoff = retry.backoff;
  settings.longest_backoff = retry.max_backoff;
  settings.statuses = retry.on_statuses;
  return settings;
}

Result<Routes> routes_of(const config::WebConfig& config) {
  std::vector<NamedProxy> proxies;
  for (const auto& proxy : config.proxies)
    proxies.push_back({proxy.name, {proxy.url, proxy.username, proxy.password, proxy.filters}});
  std::vector<RouteSettings> routes;
  for (const auto& route : config.routes) routes.push_back({route.hosts, route.via, route.source});
  return Routes::compile(std::move(proxies), routes);
}

browser::Isolation isolation_of(std::string_view name) {
  if (name == "network") return browser::Isolation::network;
  if (name == "processes") return browser::Isolation::processes;
  return browser::Isolation::best;
}

browser::CellOptions cell_options_of(const config::BrowserConfig& config) {
  browser::CellOptions cell;
  cell.runtime_dir = config.runtime_dir;
  cell.browser = config.chromium;
  cell.driver = config.chromedriver;
  cell.slots = config.slots_per_browser;
  cell.limits.memory_bytes = config.memory;
  cell.limits.scratch_bytes = config.scratch;
  cell.appearance.width = config.viewport_width;
  cell.appearance.height = config.viewport_height;
  cell.appearance.language = config.locale;
  cell.appearance.time_zone = config.time_zone;
  cell.appearance.user_agent = config.user_agent;
  cell.isolation = isolation_of(config.isolation);
  return cell;
}

}  // namespace

Result<std::shared_ptr<const policy::UrlRules>> url_rules_of(const config::WebConfig& config) {
  auto compiled =
      policy::UrlRules::compile(config::url_rules_config(config), address_rules_of(config));
  if (!compiled) return fail(std::move(compiled).error());
  return std::make_shared<const policy::UrlRules>(std::move(*compiled));
}

Result<Network> network_of(const config::WebConfig& config, const log::Logger& logger) {
  auto rules = url_rules_of(config);
  if (!rules) return fail(std::move(rules).error());
  auto routes = routes_of(config);
  if (!routes) return fail(std::move(routes).error());
  Network network;
  network.rules = std::move(*rules);
  network.routes = std::move(*routes);
  network.retries = retries_of(config.common.http.web.retry);
  network.limits = limits_of(config.common.http);
  if (!config.webdriver_host.empty()) {
    const auto& browser = config.browser;
    const auto page_limit = browser.navigation_timeout + browser.waiting_timeout;
    network.webdriver_host =
        std::make_shared<WebdriverHost>(config.webdriver_host, page_limit, logger);
  }
  return network;
}

net::ResolverOptions resolver_options_of(const config::WebConfig& config) {
  net::ResolverOptions options;
  options.servers = config.policy.dns_servers;
  options.timeout = config.policy.resolve_timeout;
  options.max_ttl = config.common.http.dns_cache;
  return options;
}

// As many places as there can be sessions. Null: none are taken.
std::shared_ptr<Thumbnails> thumbnails_of(const config::WebConfig& config) {
  const auto& browser = config.browser;
  if (!browser.status_thumbnails) return nullptr;
  return std::make_shared<Thumbnails>(config.sessions_have_own_browsers()
                                          ? browser.max_browsers * browser.slots_per_browser
                                          : browser.max_sessions);
}

PageSettings page_settings_of(const config::WebConfig& config, const Network& network) {
  PageSettings settings;
  settings.engine = find_page_engine(config.browser.engine).value_or(PageEngine::browser);
  settings.longest_wait = config.max_wait_after_loaded;
  if (!config.asks_itself()) settings.webdriver_host = network.webdriver_host;
  settings.preset.wait_for_selector = config.browser.wait_for_selector;
  settings.preset.quiet_dom = config.browser.quiet_dom;
  settings.preset.unsettled =
      config.browser.unsettled == "fail" ? browser::Unsettled::fail : browser::Unsettled::answer;
  settings.preset.capture =
      config.browser.full_page ? browser::Capture::full_page : browser::Capture::viewport;
  settings.preset.format = config.browser.screenshot_format == "jpeg" ? browser::PictureFormat::jpeg
                                                                      : browser::PictureFormat::png;
  settings.preset.large_picture = config.browser.screenshot_too_large == "scale"
                                      ? browser::LargePicture::scale_down
                                      : browser::LargePicture::refuse;
  settings.longest_load = config.browser.navigation_timeout;
  settings.thumbnails = thumbnails_of(config);
  settings.thumbnail_scale =
      std::min(1.0, double{Thumbnails::kWidth} / std::max(1, config.browser.viewport_width));
  egress::SlotPolicy reach;
  reach.rules = network.rules;
  settings.reach = std::make_shared<const egress::SlotPolicy>(std::move(reach));
  return settings;
}

PageSettings service_page_settings_of(const config::WebConfig& config, PageSettings of_sessions) {
  auto settings = std::move(of_sessions);
  settings.webdriver_host = nullptr;  // a service that asked another one could be asked by that
  settings.browsers = nullptr;
  settings.thumbnails = nullptr;
  if (!config.render_service.webdriver_host.empty()) settings.engine = PageEngine::browser;
  return settings;
}

browser::PoolOptions pool_options_of(const config::WebConfig& config) {
  const auto& browser = config.browser;
  browser::PoolOptions options;
  if (!config.asks_itself()) options.webdriver_host = config.webdriver_host;
  options.session_create_request = config.session_create_request;
  options.cell = cell_options_of(browser);
  options.max_browsers = browser.max_browsers;
  options.max_sessions = browser.max_sessions;
  options.min_warm = browser.min_warm;
  options.max_waiting = browser.max_waiting;
  options.pages_per_browser = browser.pages_per_browser;
  options.max_age = browser.max_age;
  options.idle_memory_bytes = browser.idle_memory;
  options.start_timeout = browser.start_timeout;
  options.queue_timeout = browser.queue_timeout;
  options.render.navigation = browser.navigation_timeout;
  options.render.resources = browser.resource_timeout;
  options.render.waiting = browser.waiting_timeout;
  options.render.command = browser.command_timeout;
  return options;
}

browser::PoolOptions service_pool_options_of(const config::WebConfig& config) {
  auto options = pool_options_of(config);
  options.webdriver_host = config.render_service.webdriver_host;
  return options;
}

}  // namespace gvm::web
