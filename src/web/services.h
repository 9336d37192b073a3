#pragma once
// What the web module's host functions need of a session. Owned by the session; used on its lane
// only.
#include "host/services.h"
#include "web/sender.h"

namespace gvm::web {

class WebServices final : public host::Services {
 public:
  WebServices(const Network& network, LaneNetwork& lane, host::RequestSigner signer,
              Counters& counters, std::shared_ptr<const Redactor> redactor)
      : host::Services(std::move(redactor)),
        network_(network),
        signer_(std::move(signer)),
        sender_(network, lane, signer_, counters) {}

  host::Sender& sender() override { return sender_; }
  const policy::UrlRules& rules() const { return *network_.rules; }

 private:
  const Network& network_;
  host::RequestSigner signer_;
  WebSender sender_;
};

}  // namespace gvm::web
