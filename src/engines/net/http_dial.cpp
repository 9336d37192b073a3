#include "net/http_dial.h"

#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gvm::net {
namespace {

constexpr std::string_view kInterface = "if:";
// Lifetime of the entries for several pins: they are set again for every request, so they need not
// live longer.
constexpr long kPinSeconds = 60;

bool is_https(std::string_view url) {
  return url.starts_with("https:");
}

std::string bracketed(const asio::ip::address& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

// The same name for the same addresses, in any order.
std::string name_of_pins(Addresses pins) {
  std::ranges::sort(pins);
  std::string text;
  for (const auto& pin : pins) text += pin.to_string() + ",";
  return "pin-" + std::to_string(std::hash<std::string>()(text)) + ".invalid";
}

std::string joined(const Addresses& pins) {
  std::string out;
  for (const auto& pin : pins) out.append(out.empty() ? "" : ",").append(bracketed(pin));
  return out;
}

// nullptr resets an option.
const char* text_or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

struct ProxyScheme {
  std::string_view prefix;
  long type;
  long type_by_name;  // the type with which the proxy resolves the name
};
constexpr ProxyScheme kProxySchemes[] = {
    {"http://", CURLPROXY_HTTP, CURLPROXY_HTTP},
    {"https://", CURLPROXY_HTTPS, CURLPROXY_HTTPS},
    {"socks5://", CURLPROXY_SOCKS5, CURLPROXY_SOCKS5_HOSTNAME},
};

// RFC 9110, 9.3.1, 9.3.2 and 9.3.5: servers may ignore such a body. One that takes it for the next
// request would answer that in place of what is sent next on the connection.
bool body_may_be_misread(const HttpRequest& request) {
  const auto& method = request.method;
  return !request.body.empty() && (method == "GET" || method == "HEAD" || method == "DELETE");
}

}  // namespace

curl_slist* Dial::OneText::set(std::string text) {
  text_ = std::move(text);
  node_ = {text_.data(), nullptr};
  return &node_;
}

std::optional<std::string> Dial::apply(const EasyHandle& easy, const HttpRequest& request,
                                       std::chrono::seconds dns_cache) {
  set_pins(easy, request, dns_cache);
  set_source(easy, request);
  set_option(easy, CURLOPT_UNIX_SOCKET_PATH, text_or_null(request.unix_socket_path));
  const bool closes = !request.unix_socket_path.empty() || body_may_be_misread(request);
  if (std::exchange(closes_, closes) != closes)
    set_option(easy, CURLOPT_FORBID_REUSE, closes ? 1L : 0L);
  if (std::exchange(fresh_, false)) set_option(easy, CURLOPT_FRESH_CONNECT, 0L);
  return set_proxy(easy, request);
}

void Dial::close_afterwards(const EasyHandle& easy) {
  closes_ = true;
  set_option(easy, CURLOPT_FORBID_REUSE, 1L);
}

void Dial::use_fresh_connection(const EasyHandle& easy) {
  fresh_ = true;
  set_option(easy, CURLOPT_FRESH_CONNECT, 1L);
}

void Dial::set_pins(const EasyHandle& easy, const HttpRequest& request,
                    std::chrono::seconds dns_cache) {
  const bool by_name = request.proxy && request.proxy->filters;
  const Addresses pins = by_name ? Addresses() : request.pinned_addresses;
  const bool to_address = pins.size() == 1 || request.proxy;
  several_pins_ = pins.size() > 1 && !to_address;
  curl_slist* connect_to = nullptr;
  curl_slist* resolve = nullptr;
  if (several_pins_) {
    const auto name = name_of_pins(pins);
    connect_to = connect_to_.set("::" + name + ":");
    // '+': the entry expires like any other, so entries that are no longer used are removed.
    resolve = resolve_.set("+" + name + ":" + std::to_string(port_of_url(request.url)) + ":" +
                           joined(pins));
  } else if (!pins.empty() && to_address) {
    connect_to = connect_to_.set("::" + bracketed(pins.front()) + ":");
  }
  set_option(easy, CURLOPT_CONNECT_TO, connect_to);
  set_option(easy, CURLOPT_RESOLVE, resolve);
  set_option(easy, CURLOPT_DNS_CACHE_TIMEOUT,
             several_pins_ ? kPinSeconds : static_cast<long>(dns_cache.count()));
}

std::optional<std::string> Dial::set_proxy(const EasyHandle& easy, const HttpRequest& request) {
  if (!request.proxy) {
    if (!std::exchange(proxied_, false)) return std::nullopt;
    set_option(easy, CURLOPT_PROXY, "");
    set_option(easy, CURLOPT_NOPROXY, "*");
    set_option(easy, CURLOPT_PROXYUSERNAME, static_cast<const char*>(nullptr));
    set_option(easy, CURLOPT_PROXYPASSWORD, static_cast<const char*>(nullptr));
    set_option(easy, CURLOPT_HTTPPROXYTUNNEL, 0L);
    return std::nullopt;
  }
  const HttpProxy& proxy = *request.proxy;
  const auto* scheme = std::ranges::find_if(
      kProxySchemes, [&](const ProxyScheme& s) { return proxy.url.starts_with(s.prefix); });
  if (scheme == std::end(kProxySchemes))
    return "the proxy's URL begins with none of http://, https:// and socks5://";
  proxied_ = true;
  const std::string where = proxy.url.substr(scheme->prefix.size());
  set_option(easy, CURLOPT_PROXY, where.c_str());
  set_option(easy, CURLOPT_PROXYTYPE, proxy.filters ? scheme->type_by_name : scheme->type);
  set_option(easy, CURLOPT_NOPROXY, "");
  const std::string username(proxy.username.reveal());
  const std::string password(proxy.password.reveal());
  set_option(easy, CURLOPT_PROXYUSERNAME, text_or_null(username));
  set_option(easy, CURLOPT_PROXYPASSWORD, text_or_null(password));
  // A tunnel to the address: the proxy sees no name that it could resolve to another address.
  set_option(easy, CURLOPT_HTTPPROXYTUNNEL, proxy.filters && !is_https(request.url) ? 0L : 1L);
  return std::nullopt;
}

void Dial::set_source(const EasyHandle& easy, const HttpRequest& request) {
  std::string_view source = request.source;
  std::string text;
  if (source.starts_with(kInterface)) {
    text = "if!" + std::string(source.substr(kInterface.size()));
  } else if (!source.empty()) {
    text = "host!" + std::string(source);
  }
  set_option(easy, CURLOPT_INTERFACE, text_or_null(text));
}

std::optional<asio::ip::address> address_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return asio::ip::address_v4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes);
}

bool is_pinned(const HttpRequest& request, const sockaddr& address) {
  const auto& pins = request.pinned_addresses;
  if (pins.empty()) return true;
  const auto ip = address_of(address);
  return ip && std::ranges::find(pins, *ip) != pins.end();
}

std::uint16_t port_of_url(std::string_view url) {
  constexpr std::uint16_t kHttp = 80;
  constexpr std::uint16_t kHttps = 443;
  const auto begin = url.find("://");
  auto authority = begin == std::string_view::npos ? url : url.substr(begin + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find_last_of(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::uint16_t port = is_https(url) ? kHttps : kHttp;
  if (has_port)
    std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
  return port;
}

}  // namespace gvm::net
