#pragma once
// The web module's settings, ready for use.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "config/audit_config.h"
#include "config/browser_config.h"
#include "config/common_config.h"
#include "config/guards_config.h"
#include "config/operation_config.h"
#include "policy/tld_list.h"

namespace gvm::config {

// Which URLs and addresses may be asked for; docs/web-policy.md.
struct PolicyConfig {
  std::vector<int> ports = {80, 443};
  std::vector<std::string> allow;            // URL patterns; empty: all
  std::vector<std::string> deny;             // URL patterns
  std::vector<std::string> allow_addresses;  // networks, although they are not public
  std::vector<std::string> deny_addresses;   // networks
  std::size_t max_url_bytes = 8 * kKiB;
  std::string public_suffix_list;               // a file; empty: the list of the build
  std::shared_ptr<const policy::TldList> tlds;  // of that file; null: those of the build
  std::vector<std::string> dns_servers;         // "address" or "address:port"; empty: the system's
  std::chrono::milliseconds resolve_timeout{5'000};
};

struct ProxyConfig {
  std::string name;
  std::string url;  // http://, https:// or socks5://, host and perhaps port
  Secret username;
  Secret password;
  bool filters = false;  // it judges and resolves names itself
};

struct RouteConfig {
  std::vector<std::string> hosts;             // URL patterns
  std::vector<std::string> via = {"direct"};  // "direct" or names of proxies, in turn
  std::string source;                         // a local address, or "if:NAME"; empty: any
};

// GenLayer's rendering service, offered to other modules; docs/rendering.md.
struct RenderServiceConfig {
  std::string bind_address;    // empty: it is not offered
  std::string webdriver_host;  // a W3C WebDriver, without trailing '/'; empty: see serves_apart()
};

struct WebConfig {
  CommonConfig common{ModuleKind::web};
  std::string webdriver_host;           // without trailing '/'; empty: browsers of our own
  std::string session_create_request =  // a JSON object, the body of POST /session
      R"({"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:chromeOptions":{"args":["--headless=new","--disable-dev-shm-usage"]}}}})";
  std::vector<std::string> extra_tld;
  std::vector<std::string> always_allow_hosts;
  std::chrono::milliseconds max_wait_after_loaded{60'000};
  PolicyConfig policy;
  std::vector<ProxyConfig> proxies;  // in the order of the file
  std::vector<RouteConfig> routes;   // the first that matches decides; none: direct
  BrowserConfig browser;
  GuardsConfig guards;
  AuditConfig audit;
  RenderServiceConfig render_service;
  OperationConfig operation;

  // webdriver_host is the module's own rendering service: pages come from its own browsers, and
  // scripts may ask the service themselves.
  bool asks_itself() const;
  // Pages of sessions come from browsers of the module's own.
  bool sessions_have_own_browsers() const { return webdriver_host.empty() || asks_itself(); }
  // The rendering service has other browsers than the sessions: those at its own webdriver_host, or
  // the module's where sessions have theirs elsewhere. So two modules may ask each other.
  bool serves_apart() const {
    return !render_service.bind_address.empty() &&
           (!render_service.webdriver_host.empty() || !sessions_have_own_browsers());
  }
  // Browsers are started by the module, for sessions or for the rendering service.
  bool has_own_browsers() const {
    const bool for_service = serves_apart() && render_service.webdriver_host.empty();
    return browser.engine != "http" && (sessions_have_own_browsers() || for_service);
  }
};

// Whether a URL leads to where the module listens: its own port, on this machine.
bool leads_to(const std::string& url, const std::string& bind_address);

}  // namespace gvm::config
