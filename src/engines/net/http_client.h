#pragma once
// Drives libcurl's multi interface on one lane. Owned by Lane; used only on that lane's thread. All
// sessions of the lane share its connection pool, DNS cache and TLS sessions, so a connection
// outlives the session that opened it.
//
// Requests under different address policies must use different HttpClients: a pooled connection
// skips the socket check.
#include <sys/socket.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/size.h"
#include "net/http_failure.h"

namespace gvm::net {

namespace asio = boost::asio;

using Addresses = std::vector<asio::ip::address>;

struct HttpHeader {
  std::string name;  // as given in requests, lower case in responses
  std::string value;
};

struct SecretHeader {
  std::string name;
  std::string prefix;  // e.g. "Bearer "
  Secret value;
};

// An answer slower than this over a whole window ends with DEADLINE_EXCEEDED, ctx.timeout "speed".
struct MinimumSpeed {
  std::size_t bytes_per_second = 0;  // as they come over the wire; 0: no limit
  std::chrono::milliseconds window{30'000};
};

// Each limit is named in the error it causes. Zero means "no limit of this kind".
struct HttpTimeouts {
  std::chrono::milliseconds connect{10'000};  // name, TCP and TLS
  std::chrono::milliseconds first_byte{0};  // from the request sent to the first byte of the answer
  std::chrono::milliseconds idle{
      60'000};  // between two bytes of the answer once it began, or of a large request
  std::chrono::milliseconds total{120'000};  // everything
};

// How much larger than its compressed form an answer may become.
struct DecompressionLimit {
  std::size_t ratio = 200;       // decompressed : received; 0: no limit
  std::size_t floor = 1 * kMiB;  // an answer up to this size is never refused for its ratio
};

struct HttpProxy {
  std::string url;  // http://, https:// or socks5://, host and port; without user info
  Secret username;
  Secret password;
  // The proxy judges names itself, so it is given the name; else it gets the pinned address.
  bool filters = false;
};

enum class HttpVersion { best, http1 };

// What to do when a pooled connection turns out to be dead before a byte of the answer came: the
// server may have acted on the request nevertheless.
enum class Resend {
  always,       // on a fresh connection, silently
  safe_method,  // only GET, HEAD, OPTIONS, PUT and DELETE; else the error says request_sent
  never,
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // absolute, http or https, canonical
  std::vector<HttpHeader> headers;
  std::vector<SecretHeader> secret_headers;
  std::string body;
  bool has_body = false;  // an empty body is a body when this is set
  HttpTimeouts timeouts;
  std::size_t max_body = 32 * kMiB;      // of the answer, after decompression
  std::size_t max_headers = 256 * kKiB;  // of the answer
  std::size_t max_header_count = 1'000;  // of the answer
  DecompressionLimit decompression;
  MinimumSpeed min_speed;
  HttpVersion version = HttpVersion::best;
  Resend resend = Resend::always;

  // Not empty: exactly these are dialled, by happy eyeballs, whatever the name resolves to; a
  // pooled connection to another address is not used. Each must still pass allow_address. With a
  // proxy that does not filter, the first is what the proxy is asked to connect to (always as a
  // tunnel).
  Addresses pinned_addresses;
  // Not judged by allow_address, but by allow_proxy_address. When allow_address is set, a proxy
  // that does not filter needs pinned_addresses.
  std::optional<HttpProxy> proxy;
  std::string source;            // a local address, or "if:NAME" for an interface; empty: any
  std::string unix_socket_path;  // dialled instead of the URL's host; no address policy applies
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // in order, names lower case, obs-fold removed
  std::string body;
  bool reused_connection = false;
  int http_version = 11;  // 10, 11, 20

  // First header of that (lower-case) name.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Decides whether an address may be talked to.
using AddressPolicy = std::function<bool(const sockaddr& address)>;

struct HttpClientOptions {
  std::size_t max_connections = 1024;  // whole pool of a lane; further requests wait for a free one
  std::size_t max_connections_per_host = 0;  // 0: no limit
  std::size_t max_idle_connections =
      256;  // with more than this open, a connection is closed after its request
  std::chrono::seconds dns_cache{60};
  std::chrono::seconds max_connection_age{118};  // idle longer: not reused
  std::string ca_file;                           // an extra CA bundle; empty: the system's store
  std::string user_agent = "genvm-modules";
  // Asked for every address before it is dialled, and again before each request on a pooled
  // connection. Empty: all allowed.
  AddressPolicy allow_address;
  AddressPolicy allow_proxy_address;        // the same for the addresses of proxies
  HttpVersion version = HttpVersion::best;  // http1: never HTTP/2
};

using HttpResult = std::expected<HttpResponse, HttpFailure>;

// Counters for /metrics; read from other threads.
struct HttpClientStats {
  std::size_t active = 0;
  std::size_t opened_connections = 0;
  std::size_t reused_connections = 0;
};

class HttpClient {
 public:
  HttpClient(asio::io_context& context, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Performs one exchange; redirects are not followed (the caller judges each hop). Any status is a
  // success here. A pooled connection that turns out to be closed before a byte of the answer came
  // is replaced by a fresh one, silently.
  //
  // Errors, all fatal; callers lower that where a contract may catch it. ctx.url is the URL without
  // user info and query; ctx.request_sent and ctx.answer_began say how far the exchange came. Code
  // reads the fields of HttpFailure, never ctx.
  //   SENDING_REQUEST    ctx.kind is one of dns, connect, proxy, tls, send, reset, protocol. With
  //                      tls, ctx.tls is one of expired, not_yet_valid, wrong_host, self_signed,
  //                      unknown_issuer, revoked, certificate (another fault of it), protocol.
  //                      ctx.kept_connection: a pooled one that had died, see Resend
  //   READING_BODY       ctx.kind is one of limit (over max_body, in ctx.limit), ratio (likewise),
  //                      cut, encoding
  //   ADDRESS_FORBIDDEN  refused by allow_address or allow_proxy_address; nothing was sent
  //   DEADLINE_EXCEEDED  ctx.timeout names connect, first_byte, idle, speed, total or deadline
  //   CANCELLED          the awaiting coroutine was cancelled (asio cancellation), which closes the
  //   exchange at once
  asio::awaitable<HttpResult> send(HttpRequest request, Deadline deadline);

  HttpClientStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::net
