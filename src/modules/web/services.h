#pragma once
// What the web module's host functions need of a session. Owned by the session; used on its lane
// only.
#include "guarded/guards.h"
#include "host/services.h"
#include "web/pages.h"
#include "web/sender.h"

namespace gvm::web {

// Of the process and of the lane; all outlive the session.
struct WebContext {
  const Network& network;
  const PageSettings& pages;
  LaneNetwork& lane;
  Counters& counters;
  asio::thread_pool& workers;
  asio::any_io_executor executor;
};

class WebServices final : public host::Services {
 public:
  WebServices(const WebContext& context, host::RequestSigner signer,
              std::shared_ptr<const Redactor> redactor,
              std::shared_ptr<guarded::SessionGuards> guards)
      : host::Services(std::move(redactor)),
        signer_(std::move(signer)),
        sender_(context.network, context.lane, signer_, context.counters),
        pages_(context.pages, context.lane, sender_, context.workers, context.executor),
        rules_(*context.network.rules),
        guards_(std::move(guards)) {
    sender_.drive_through(pages_);
    sender_.trace_below(&call_span());
  }

  host::Sender& sender() override { return sender_; }
  Pages& pages() { return pages_; }
  const policy::UrlRules& rules() const { return rules_; }
  // Null when the configuration has no rules.
  std::shared_ptr<guarded::SessionGuards> guards() const { return guards_; }

 private:
  host::RequestSigner signer_;
  WebSender sender_;
  Pages pages_;
  const policy::UrlRules& rules_;
  std::shared_ptr<guarded::SessionGuards> guards_;
};

}  // namespace gvm::web
