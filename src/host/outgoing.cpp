#include "host/outgoing.h"

#include "host/redirects.h"

namespace gvm::host {

asio::awaitable<Result<net::HttpResponse>> Sender::send(Outgoing& request, Deadline deadline) {
  for (unsigned hop = 0;; ++hop) {
    auto sending = send_hop(request, deadline);
    Result<net::HttpResponse> response = co_await std::move(sending);
    if (!response) co_return response;
    auto target = redirect_target(request.url, *response);
    if (!target) co_return fail(std::move(target).error());
    if (!target->has_value()) co_return response;
    if (hop == request.redirects) {
      co_return fail(redirect_error("more than " + std::to_string(hop) + " redirects"));
    }
    move_on(request, *response, std::move(**target));
  }
}

void Sender::move_on(Outgoing& request, const net::HttpResponse& response, url::Url target) {
  follow_redirect(request.http, response.status, request.url, target,
                  OtherOrigin::without_credentials);
  request.url = std::move(target);
}

}  // namespace gvm::host
