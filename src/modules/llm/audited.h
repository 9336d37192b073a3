#pragma once
// The record of one prompt in the audit (docs/audit.md), collected on its way and added when it is
// over. Without an audit nothing is collected. On a lane.
#include <memory>
#include <optional>

#include "audit/log.h"
#include "dispatch/run.h"
#include "llm/services.h"

namespace gvm::llm {

class AuditedPrompt {
 public:
  AuditedPrompt(const LlmServices& services, provider::Format format);
  // A prompt whose session went away is recorded as CANCELLED.
  ~AuditedPrompt();
  AuditedPrompt(const AuditedPrompt&) = delete;
  AuditedPrompt& operator=(const AuditedPrompt&) = delete;

  // AUDIT_*: no prompt may be answered now. Such a refusal is no record.
  Result<void> ready();
  // What models are sent, as the guards left it; a prompt that they refused is not.
  void sends(const provider::Prompt& prompt);
  void ends(const Result<dispatch::PromptAnswer>& answer, const dispatch::Candidates& candidates);
  void ends(const Error& error);

 private:
  void add();

  std::shared_ptr<audit::Log> log_;  // null: no audit, or the record is added
  std::shared_ptr<guarded::SessionGuards> guards_;
  audit::Answer record_;
};

}  // namespace gvm::llm
