#pragma once
// Drives libcurl's multi interface on one lane. Owned by Lane; used only on that lane's thread. All
// sessions of the lane share its connection pool, DNS cache and TLS sessions, so a connection
// outlives the session that opened it.
//
// Requests under different address policies must use different HttpClients: a pooled connection
// skips the socket check.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/deadline.h"
#include "net/http_client_options.h"
#include "net/http_client_stats.h"
#include "net/http_request.h"
#include "net/http_response.h"

namespace gvm::net {

namespace asio = boost::asio;

class HttpClient {
 public:
  HttpClient(asio::io_context& context, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Performs one exchange. Redirects are not followed, because the caller checks each hop. Any
  // status is a success here. A pooled connection that turns out to be closed before a byte of the
  // answer came is replaced by a new one, see Resend.
  //
  // Errors, all fatal; callers make them non-fatal where a contract may catch them. ctx.url is the
  // URL without user info and query. ctx.request_sent and ctx.answer_began say how far the exchange
  // came. Code reads the fields of HttpFailure, never ctx.
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
