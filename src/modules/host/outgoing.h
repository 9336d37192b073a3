#pragma once
// A script's request, which is sent hop by hop, and the interface that sends it. On one lane.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/deadline.h"
#include "base/error.h"
#include "host/cookies.h"
#include "net/http_client.h"
#include "trace/span.h"
#include "url/url.h"

namespace gvm::host {

namespace asio = boost::asio;

// Whether a script's request passes the module's policy.
enum class Filtering { filtered, unfiltered };

struct Outgoing {
  explicit Outgoing(url::Url to) : url(std::move(to)) {}

  net::HttpRequest http;  // headers lower case; its url is the current hop's, canonical
  url::Url url;           // of the current hop
  Filtering filtering = Filtering::filtered;
  // Set: each hop is signed, with that key of the configuration, or the default signer when empty.
  std::optional<std::string> sign_with;
  CookieJar cookies;                     // of the answers so far
  unsigned redirects = 10;               // followed; one more is an error
  unsigned hops = 0;                     // redirects followed so far
  Deadline timeout = Deadline::never();  // of all hops together
};

// Sends a request and follows its redirects (RFC 9110, 15.4). A module decides what one hop means.
class Sender {
 public:
  virtual ~Sender() = default;

  // Any status that is no redirect is a success. `request` is changed from hop to hop: after an
  // error it tells which URL it was. Errors: those of HttpClient::send and of the signer;
  // SENDING_REQUEST with kind "redirect" when a redirect cannot be followed.
  asio::awaitable<Result<net::HttpResponse>> send(Outgoing& request, Deadline deadline);

  // Attempts become spans below `call`, which outlives this; null: they do not.
  void trace_below(const trace::Span* call) { call_ = call; }
  const trace::Span* traced_call() const { return call_; }

 protected:
  // Before the first hop: the module's own limits.
  virtual void begin(Outgoing&) {}
  // One request, one answer. Never called twice at once for one Outgoing.
  virtual asio::awaitable<Result<net::HttpResponse>> send_hop(const Outgoing& request,
                                                              Deadline deadline) = 0;
  // Turns `request` into the one for `target`.
  virtual void move_on(Outgoing& request, const net::HttpResponse& response, url::Url target);

  // Of one attempt at the current hop; `number` counts from 1.
  trace::Span begin_attempt(const Outgoing& request, unsigned number) const;

 private:
  const trace::Span* call_ = nullptr;
};

void end_attempt(trace::Span& span, const Result<net::HttpResponse>& response);

// The request of one hop, ready for a client: its share of the time that is left, and the cookies
// of earlier hops.
net::HttpRequest request_of(const Outgoing& request);

}  // namespace gvm::host
