#pragma once
// What the LLM module's host functions need from a session. Owned by the session; used on its lane
// only.
#include "audit/log.h"
#include "dispatch/run.h"
#include "guarded/guards.h"
#include "host/direct_sender.h"
#include "host/services.h"
#include "llm/judge_counters.h"
#include "llm/session_greybox.h"

namespace gvm::llm {

// What prompts of a session come from.
struct Origin {
  std::string entry;  // the script's entry point, or the template, of the request under way
};

// The audit of a session's prompts.
struct Audited {
  std::shared_ptr<audit::Log> log;  // null: none is kept
  std::shared_ptr<const Origin> origin = std::make_shared<const Origin>();
};

class LlmServices final : public host::Services {
 public:
  LlmServices(dispatch::RunContext context, billing::SessionFacts facts,
              std::shared_ptr<const Redactor> redactor, host::RequestSigner signer,
              std::shared_ptr<guarded::SessionGuards> guards, Audited audited,
              std::shared_ptr<SessionGreybox> greybox,
              std::shared_ptr<JudgeCounters> judge_counters,
              const script::HostFunction::Async& filter_image)
      : host::Services(std::move(redactor)),
        facts_(std::move(facts)),
        context_(std::move(context)),
        signer_(std::move(signer)),
        sender_(*context_.call.http, &signer_),
        guards_(std::move(guards)),
        audited_(std::move(audited)),
        greybox_(std::move(greybox)),
        judge_counters_(std::move(judge_counters)),
        filter_image_(filter_image) {
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
  // Null when none is kept.
  const std::shared_ptr<audit::Log>& audit() const { return audited_.log; }
  const Origin& origin() const { return *audited_.origin; }
  // Null when the configuration has nothing to draw.
  std::shared_ptr<const SessionGreybox> greybox() const { return greybox_; }
  JudgeCounters& judge_counters() const { return *judge_counters_; }
  // lib.rs.filter_image, for images of prompts.
  const script::HostFunction::Async& filter_image() const { return filter_image_; }

 private:
  billing::SessionFacts facts_;
  dispatch::RunContext context_;
  host::RequestSigner signer_;
  host::DirectSender sender_;
  std::shared_ptr<guarded::SessionGuards> guards_;
  Audited audited_;
  std::shared_ptr<SessionGreybox> greybox_;
  std::shared_ptr<JudgeCounters> judge_counters_;
  const script::HostFunction::Async& filter_image_;  // of the session's program
};

}  // namespace gvm::llm
