#pragma once
// What the LLM module's host functions need of a session. Owned by the session; used on its lane
// only.
#include "host/direct_sender.h"
#include "host/services.h"
#include "llm/provider_call.h"

namespace gvm::llm {

class LlmServices final : public host::Services {
 public:
  LlmServices(CallContext context, std::shared_ptr<const Redactor> redactor,
              host::RequestSigner signer)
      : host::Services(std::move(redactor)),
        context_(context),
        signer_(std::move(signer)),
        sender_(*context.http, &signer_) {}

  const CallContext& context() const { return context_; }
  host::Sender& sender() override { return sender_; }

 private:
  CallContext context_;
  host::RequestSigner signer_;
  host::DirectSender sender_;
};

}  // namespace gvm::llm
