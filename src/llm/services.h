#pragma once
// What the LLM module's host functions need of a session. Owned by the session; used on its lane
// only.
#include "host/services.h"
#include "llm/provider_call.h"

namespace gvm::llm {

class LlmServices final : public host::Services {
 public:
  LlmServices(CallContext context, std::shared_ptr<const Redactor> redactor)
      : host::Services(*context.http, std::move(redactor)), context_(context) {}

  const CallContext& context() const { return context_; }

 private:
  CallContext context_;
};

}  // namespace gvm::llm
