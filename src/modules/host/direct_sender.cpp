#include "host/direct_sender.h"

#include "signing/codes.h"

namespace gvm::host {

asio::awaitable<Result<net::HttpResponse>> DirectSender::send_hop(const Outgoing& request,
                                                                  Deadline deadline) {
  net::HttpRequest http = request_of(request);
  if (request.sign_with) {
    if (signer_ == nullptr)
      co_return fail(codes::kSignUrlPatchFailed, Fatality::fatal, "nothing to sign with here");
    auto signing = signer_->sign(http, request.url, *request.sign_with, deadline);
    Result<void> signed_request = co_await std::move(signing);
    if (!signed_request) co_return fail(std::move(signed_request).error());
  }
  trace::Span span = begin_attempt(request, 1);
  auto sending = http_.send(std::move(http), deadline);
  Result<net::HttpResponse> response = co_await std::move(sending);
  end_attempt(span, response);
  co_return response;
}

}  // namespace gvm::host
