#pragma once
// What the LLM module's host functions need from a session. Owned by the session; used on its lane
// only.
#include "dispatch/run.h"
#include "guarded/guards.h"
#include "host/direct_sender.h"
#include "host/services.h"

namespace gvm::llm {

class LlmServices final : public host::Services {
 public:
  LlmServices(dispatch::RunContext context, billing::SessionFacts facts,
              std::shared_ptr<const Redactor> redactor, host::RequestSigner signer,
              std::shared_ptr<guarded::SessionGuards> guards)
      : host::Services(std::move(redactor)),
        facts_(std::move(facts)),
        context_(std::move(context)),
        signer_(std::move(signer)),
        sender_(*context_.call.http, &signer_),
        guards_(std::move(guards)) {
    context_.facts = &facts_;
    context_.span = &call_span();
    sender_.trace_below(&call_span());
  }
  // The accounts of session budgets end with the session.
  ~LlmServices() override { context_.engine->spending->end_session(facts_); }

  const dispatch::RunContext& run_context() const { return context_; }
  host::Sender& sender() override { return sender_; }
  // Null when the configuration has no rules.
  std::shared_ptr<guarded::SessionGuards> guards() const { return guards_; }

 private:
  billing::SessionFacts facts_;
  dispatch::RunContext context_;
  host::RequestSigner signer_;
  host::DirectSender sender_;
  std::shared_ptr<guarded::SessionGuards> guards_;
};

}  // namespace gvm::llm
