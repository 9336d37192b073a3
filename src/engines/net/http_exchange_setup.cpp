// The options of an exchange's handle.
#include <boost/asio/ip/tcp.hpp>

#include "net/http_exchange.h"

namespace gvm::net {
namespace {

// Our own timers limit connecting; libcurl's timeout must never fire first.
constexpr long kNeverMs = 24L * 60 * 60 * 1000;
constexpr long kTcpKeepAliveSeconds = 30;

}  // namespace

Exchange::Exchange(ExchangeOwner& owner, const HttpClientOptions& options, const ShareHandle& share)
    : owner_(owner),
      dns_cache_(options.dns_cache),
      best_version_(options.version),
      easy_(made(EasyHandle(curl_easy_init()), "an easy handle")) {
  set_constant_options(options, share);
  set_trust(options);
}

void Exchange::set_constant_options(const HttpClientOptions& options, const ShareHandle& share) {
  set_option(easy_, CURLOPT_PRIVATE, this);
  set_option(easy_, CURLOPT_SHARE, share.get());
  set_option(easy_, CURLOPT_ERRORBUFFER, detail_);
  set_option(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy_, CURLOPT_PROXY, "");  // also keeps proxy environment variables out
  set_option(easy_, CURLOPT_NOPROXY, "*");
  set_option(easy_, CURLOPT_NOSIGNAL, 1L);
  set_option(easy_, CURLOPT_QUICK_EXIT, 1L);  // cancelling does not wait for getaddrinfo
  set_option(easy_, CURLOPT_PATH_AS_IS, 1L);
  set_option(easy_, CURLOPT_CONNECTTIMEOUT_MS, kNeverMs);
  set_option(easy_, CURLOPT_TCP_NODELAY, 1L);
  set_option(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  set_option(easy_, CURLOPT_TCP_KEEPIDLE, kTcpKeepAliveSeconds);
  set_option(easy_, CURLOPT_TCP_KEEPINTVL, kTcpKeepAliveSeconds);
  set_option(easy_, CURLOPT_USERAGENT, options.user_agent.c_str());
  set_option(easy_, CURLOPT_HEADEROPT,
             static_cast<long>(CURLHEADER_SEPARATE));  // our headers are not sent to proxies
  set_option(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_option(easy_, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  set_option(easy_, CURLOPT_SOCKS5_AUTH, static_cast<long>(CURLAUTH_BASIC));
  set_option(easy_, CURLOPT_MAXAGE_CONN, static_cast<long>(options.max_connection_age.count()));
  set_option(easy_, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set_option(easy_, CURLOPT_HEADERDATA, this);
  set_option(easy_, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set_option(easy_, CURLOPT_WRITEDATA, this);
  set_option(easy_, CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  set_option(easy_, CURLOPT_XFERINFODATA, this);
  set_option(easy_, CURLOPT_PREREQFUNCTION, &Exchange::on_connected);
  set_option(easy_, CURLOPT_PREREQDATA, this);
  set_option(easy_, CURLOPT_RESOLVER_START_FUNCTION, &Exchange::on_resolve);
  set_option(easy_, CURLOPT_RESOLVER_START_DATA, this);
  set_option(easy_, CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_socket);
  set_option(easy_, CURLOPT_OPENSOCKETDATA, this);
  // A connection outlives the exchange that opened it, so its callbacks refer to the owner.
  set_option(easy_, CURLOPT_CLOSESOCKETFUNCTION, &Exchange::close_socket);
  set_option(easy_, CURLOPT_CLOSESOCKETDATA, &owner_);
}

// The system's certificates are either one file, which libcurl parses once and shares between
// connections as long as no directory is set; or, with an extra file, a directory, of which only
// the certificates needed by a handshake are read.
void Exchange::set_trust(const HttpClientOptions& options) {
  const curl_version_info_data* built = curl_version_info(CURLVERSION_NOW);
  if (!options.ca_file.empty()) {
    set_option(easy_, CURLOPT_CAINFO, options.ca_file.c_str());
    set_option(easy_, CURLOPT_CAPATH, built->capath);
    set_option(easy_, CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
    set_option(easy_, CURLOPT_PROXY_CAPATH, built->capath);
  } else if (built->cainfo != nullptr) {
    set_option(easy_, CURLOPT_CAINFO, built->cainfo);
    set_option(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set_option(easy_, CURLOPT_PROXY_CAINFO, built->cainfo);
    set_option(easy_, CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
  }
}

std::optional<HttpFailure> Exchange::set_destination(const HttpRequest& request) {
  const bool http1 = best_version_ == HttpVersion::http1 || request.version == HttpVersion::http1;
  set_option(easy_, CURLOPT_HTTP_VERSION,
             static_cast<long>(http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
  if (auto problem = dial_.apply(easy_, request, dns_cache_))
    return proxy_error(*problem, request.url);
  const bool by_filter = request.proxy && request.proxy->filters;
  if (!owner_.judges_addresses() || by_filter || !request.unix_socket_path.empty())
    return std::nullopt;
  if (request.proxy && request.pinned_addresses.empty())
    return proxy_error("a proxy that does not filter needs a judged address", request.url);
  const auto port = port_of_url(request.url);
  for (const auto& pin : request.pinned_addresses) {
    const asio::ip::tcp::endpoint endpoint(pin, port);
    if (!owner_.address_allowed(*endpoint.data())) return address_error(request.url);
  }
  return std::nullopt;
}

// Every option that depends on the request is set each time: handles are reused without a reset,
// which would cost more.
void Exchange::set_method(const HttpRequest& request) {
  const bool with_body = sends_body(request);
  set_option(easy_, CURLOPT_HTTPGET, 1L);
  set_option(easy_, CURLOPT_NOBODY, request.method == "HEAD" ? 1L : 0L);
  if (with_body) {
    set_option(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set_option(easy_, CURLOPT_POSTFIELDS, request.body.data());
  }
  const std::string_view implied = with_body ? "POST" : request.method == "HEAD" ? "HEAD" : "GET";
  set_option(easy_, CURLOPT_CUSTOMREQUEST,
             request.method == implied ? nullptr : request.method.c_str());
  set_option(easy_, CURLOPT_NOPROGRESS, request.body.size() > kSentAtOnce ? 0L : 1L);
}

}  // namespace gvm::net
