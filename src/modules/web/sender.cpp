#include "web/sender.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <optional>

#include "base/error_codes.h"
#include "host/redirects.h"
#include "net/pause.h"
#include "trace/http_attributes.h"
#include "web/pages.h"

namespace gvm::web {
namespace {

Error forbidden_address(const url::Url& url) {
  return Error(codes::kAddressForbidden, Fatality::user, "the host may not be visited")
      .with("url", Value::string(url.without_credentials()));
}

bool allows(const policy::AddressRules& rules, const asio::ip::address& address,
            std::uint16_t port) {
  const asio::ip::tcp::endpoint endpoint(address, port);
  const auto judged = policy::IpAddress::from(*endpoint.data());
  return judged && rules.allows(*judged, port);
}

// The script's limits can only lower the configuration's.
void apply(const RequestLimits& limits, net::HttpRequest& request) {
  request.timeouts.connect = limits.connect;
  request.timeouts.first_byte = limits.first_byte;
  request.timeouts.idle = limits.idle;
  request.max_body = std::min(request.max_body, limits.max_body);
  request.max_headers = limits.max_headers;
  request.max_header_count = limits.max_header_count;
  request.decompression = limits.decompression;
  request.min_speed = limits.min_speed;
  request.version = limits.version;
}

// The proxy, or the connection to it, failed: another proxy may work.
bool is_proxys_fault(const net::HttpFailure& failure) {
  return failure.fault == net::HttpFault::proxy;
}

// Nothing was sent: the hop may not be taken, or its host's address is not known.
std::unexpected<net::HttpFailure> not_sent(Error error, net::HttpFault fault) {
  net::HttpFailure failure(std::move(error));
  failure.fault = fault;
  failure.stage = net::HttpStage::refused;
  return std::unexpected(std::move(failure));
}

// A header of the contract or the script stays as it is.
void add_traceparent(net::HttpRequest& http, std::string traceparent) {
  constexpr std::string_view kName = "traceparent";
  if (std::ranges::find(http.headers, kName, &net::HttpHeader::name) == http.headers.end())
    http.headers.push_back({std::string(kName), std::move(traceparent)});
}

}  // namespace

void WebSender::begin(host::Outgoing& request) {
  if (request.filtering == host::Filtering::filtered)
    request.redirects = std::min(request.redirects, network_.limits.redirects);
}

asio::awaitable<Result<net::HttpResponse>> WebSender::send_hop(const host::Outgoing& request,
                                                               Deadline deadline) {
  const Deadline by = sooner(deadline, request.timeout);
  if (auto path = pages_ == nullptr ? std::nullopt : pages_->driver_path(request.url)) {
    auto driving = pages_->drive(request.http.method, std::move(*path), request.http.body, by);
    Result<net::HttpResponse> answer = co_await std::move(driving);
    co_return answer;
  }
  for (unsigned attempt = 1;; ++attempt) {
    auto judging = permit(request, by);
    std::expected<Permission, net::HttpFailure> permission = co_await std::move(judging);
    std::optional<net::HttpResult> outcome;
    trace::Span span = begin_attempt(request, attempt);
    if (permission) {
      auto sending =
          send_signed(request, *permission, span.traceparent_for(request.url.hostname()), deadline);
      net::HttpResult sent = co_await std::move(sending);
      outcome.emplace(std::move(sent));
    } else {
      outcome.emplace(std::unexpected(std::move(permission).error()));
    }
    if (*outcome) {
      trace::set_status(span, (*outcome)->status);
    } else {
      span.fail(outcome->error().code());
    }
    span.end();
    const auto wait = retry_after(request.http, *outcome, network_.retries, attempt, by);
    if (!wait) co_return std::move(*outcome);
    counters_.retries.fetch_add(1, std::memory_order_relaxed);
    const Deadline when = Deadline::in(*wait);
    auto pausing = net::pause_until(when);
    Result<void> paused = co_await std::move(pausing);
    if (!paused) co_return fail(std::move(paused).error());
  }
}

// A script's own request to webdriver_host. A redirect to it comes from another server, so it is
// checked.
bool WebSender::is_for_webdriver_host(const host::Outgoing& request) const {
  return network_.webdriver_host != nullptr && request.hops == 0 &&
         network_.webdriver_host->is_at(request.url);
}

asio::awaitable<std::expected<WebSender::Permission, net::HttpFailure>> WebSender::permit(
    const host::Outgoing& request, Deadline deadline) {
  Permission permission;
  if (request.filtering == host::Filtering::unfiltered || is_for_webdriver_host(request)) {
    permission.guarded = false;
    co_return permission;
  }
  const policy::Decision decision = network_.rules->judge(request.url);
  if (!decision.allowed) {
    co_return not_sent(decision.error(request.url), net::HttpFault::address);
  }
  if (decision.trusted) {
    permission.guarded = false;
    co_return permission;
  }
  const auto& rules = network_.rules->addresses();
  const auto port = request.url.effective_port().value_or(0);
  if (const auto literal = policy::literal_address(request.url)) {
    permission.addresses.push_back(asio::ip::make_address(literal->to_string()));
  } else {
    auto resolving = lane_.resolver.resolve(policy::dns_name(request.url), deadline);
    Result<net::Addresses> found = co_await std::move(resolving);
    if (!found) {
      found.error().with("url", Value::string(request.url.without_credentials()));
      const bool late = found.error().code() == codes::kDeadlineExceeded;
      const auto fault = late ? net::HttpFault::timeout : net::HttpFault::dns;
      co_return not_sent(std::move(found).error(), fault);
    }
    permission.addresses = std::move(*found);
  }
  std::erase_if(permission.addresses,
                [&](const asio::ip::address& address) { return !allows(rules, address, port); });
  if (permission.addresses.empty()) {
    co_return not_sent(forbidden_address(request.url), net::HttpFault::address);
  }
  co_return permission;
}

asio::awaitable<net::HttpResult> WebSender::send_signed(const host::Outgoing& request,
                                                        const Permission& permission,
                                                        std::string traceparent,
                                                        Deadline deadline) {
  net::HttpRequest http = host::request_of(request);
  if (!traceparent.empty()) add_traceparent(http, std::move(traceparent));
  http.pinned_addresses = permission.addresses;
  http.resend = net::Resend::safe_method;
  if (request.filtering == host::Filtering::filtered) apply(network_.limits, http);
  if (request.sign_with) {
    auto signing = signer_.sign(http, request.url, *request.sign_with, deadline);
    Result<void> done = co_await std::move(signing);
    if (!done) co_return not_sent(std::move(done).error(), net::HttpFault::protocol);
  }
  const Route& route = network_.routes.of(request.url);
  auto sending = send_routed(std::move(http), route, permission.guarded, deadline);
  net::HttpResult response = co_await std::move(sending);
  // A refusal by the address policy at the last moment is an error the contract may catch, like an
  // earlier one.
  if (!response && response.error().fault == net::HttpFault::address)
    response.error().error = forbidden_address(request.url);
  co_return response;
}

asio::awaitable<net::HttpResult> WebSender::send_routed(net::HttpRequest request,
                                                        const Route& route, bool guarded,
                                                        Deadline deadline) {
  net::HttpClient& client = guarded ? lane_.guarded : lane_.open;
  request.source = route.source;
  const auto ways = lane_.turns.order(route);
  for (std::size_t i = 0; i + 1 < ways.size(); ++i) {
    net::HttpRequest copy = request;
    auto sending = send_by(ways[i], std::move(copy), client, deadline);
    net::HttpResult response = co_await std::move(sending);
    if (response || !is_proxys_fault(response.error())) co_return response;
  }
  auto sending = send_by(ways.back(), std::move(request), client, deadline);
  net::HttpResult response = co_await std::move(sending);
  co_return response;
}

asio::awaitable<net::HttpResult> WebSender::send_by(std::size_t way, net::HttpRequest request,
                                                    net::HttpClient& client, Deadline deadline) {
  if (way != Route::kDirect) request.proxy = network_.routes.proxy(way).proxy;
  auto sending = client.send(std::move(request), deadline);
  net::HttpResult response = co_await std::move(sending);
  if (response) lane_.turns.worked(way);
  if (!response && is_proxys_fault(response.error())) lane_.turns.failed(way);
  co_return response;
}

void WebSender::move_on(host::Outgoing& request, const net::HttpResponse& response,
                        url::Url target) {
  host::follow_redirect(request.http, response.status, request.url, target,
                        host::OtherOrigin::without_headers);
  request.url = std::move(target);
}

}  // namespace gvm::web
