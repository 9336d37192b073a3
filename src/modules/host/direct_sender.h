#pragma once
// Sends requests of the operator's script without a policy, for a module whose scripts use services
// that the operator chose.
#include "host/outgoing.h"
#include "host/request_signer.h"

namespace gvm::host {

class DirectSender final : public Sender {
 public:
  // Both outlive it. Without a signer a request that is to be signed is refused.
  explicit DirectSender(net::HttpClient& http, RequestSigner* signer = nullptr)
      : http_(http), signer_(signer) {}

 protected:
  asio::awaitable<Result<net::HttpResponse>> send_hop(const Outgoing& request,
                                                      Deadline deadline) override;

 private:
  net::HttpClient& http_;
  RequestSigner* signer_;
};

}  // namespace gvm::host
