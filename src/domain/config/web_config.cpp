#include "config/web_config.h"

#include "config/scalar.h"
#include "url/url.h"

namespace gvm::config {
namespace {

// The port that a request to the URL goes to.
std::uint16_t port_of(const std::string& text) {
  const auto url = url::parse(text);
  return url ? url->effective_port().value_or(0) : 0;
}

}  // namespace

bool leads_to(const std::string& url, const std::string& bind_address) {
  const auto colon = bind_address.rfind(':');
  if (bind_address.starts_with("unix:") || colon == std::string::npos) return false;
  const auto endpoint = parse_endpoint(url).endpoint;
  return endpoint && (endpoint->loopback || url.find(bind_address) != std::string::npos) &&
         bind_address.substr(colon + 1) == std::to_string(port_of(url));
}

bool WebConfig::asks_itself() const {
  return !webdriver_host.empty() && leads_to(webdriver_host, render_service.bind_address);
}

}  // namespace gvm::config
