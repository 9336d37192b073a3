#include "host/outgoing.h"

#include <algorithm>

#include "host/redirects.h"
#include "trace/http_attributes.h"

namespace gvm::host {

asio::awaitable<Result<net::HttpResponse>> Sender::send(Outgoing& request, Deadline deadline) {
  begin(request);
  for (unsigned hop = 0;; ++hop) {
    auto sending = send_hop(request, deadline);
    Result<net::HttpResponse> response = co_await std::move(sending);
    if (!response) co_return response;
    auto target = redirect_target(request.url, *response);
    if (!target) co_return fail(std::move(target).error());
    if (!target->has_value()) co_return response;
    if (hop == request.redirects) {
      co_return fail(
          redirect_error("more than " + std::to_string(hop) + " redirects", request.url));
    }
    for (const auto& header : response->headers) {
      if (header.name == "set-cookie") request.cookies.take(request.url, header.value);
    }
    move_on(request, *response, std::move(**target));
    ++request.hops;
  }
}

trace::Span Sender::begin_attempt(const Outgoing& request, unsigned number) const {
  if (call_ == nullptr) return {};
  trace::Span span = call_->child(request.http.method, trace::Kind::client);
  if (!span.recorded()) return span;
  span.set("http.request.method", request.http.method);
  if (number > 1) span.set("http.request.resend_count", std::int64_t{number - 1});
  trace::set_server(span, request.url.href());
  return span;
}

void end_attempt(trace::Span& span, const Result<net::HttpResponse>& response) {
  if (response) {
    trace::set_status(span, response->status);
  } else {
    span.fail(response.error().code());
  }
  span.end();
}

net::HttpRequest request_of(const Outgoing& request) {
  using std::chrono::milliseconds;
  net::HttpRequest http = request.http;
  const auto left = std::chrono::ceil<milliseconds>(request.timeout.remaining());
  http.timeouts.total = std::max(left, milliseconds(1));
  // No limit for the whole: the script's timeout applies.
  http.timeouts.idle = milliseconds(0);
  auto cookies = request.cookies.header_for(request.url);
  if (cookies.empty()) return http;
  const auto given = std::ranges::find(http.headers, "cookie", &net::HttpHeader::name);
  if (given == http.headers.end()) {
    http.headers.push_back({"cookie", std::move(cookies)});
  } else {
    given->value.append("; ").append(cookies);
  }
  return http;
}

void Sender::move_on(Outgoing& request, const net::HttpResponse& response, url::Url target) {
  follow_redirect(request.http, response.status, request.url, target,
                  OtherOrigin::without_credentials);
  request.url = std::move(target);
}

}  // namespace gvm::host
