#pragma once
// One connection of a GenVM to the LLM module: hello, then requests through the operator's script.
// On one lane.
#include <memory>
#include <optional>

#include "base/log.h"
#include "envelope/hello.h"
#include "envelope/request.h"
#include "llm/provider_call.h"
#include "script/script.h"
#include "serve/service.h"

namespace gvm::llm {

// What all sessions share; immutable but for the counters.
struct Shared {
  std::shared_ptr<const config::LlmConfig> config;
  std::shared_ptr<const Redactor> redactor;
  std::shared_ptr<const script::Program> program;
  std::unique_ptr<Counters> counters = std::make_unique<Counters>();
  std::unique_ptr<Catalog> catalog;
  log::Logger logger;
};

class LlmSession final : public serve::SessionHandler {
 public:
  // `pool` is the lane's and outlives the session.
  LlmSession(std::shared_ptr<const Shared> shared, net::Lane& lane, script::SessionPool& pool);

  Result<void> hello(std::string frame) override;
  asio::awaitable<std::string> request(std::string frame, Deadline deadline) override;
  std::string deadline_reply() override;
  asio::awaitable<void> finish(Deadline deadline) override;
  bool ended() const override { return script_ != nullptr && !script_->usable(); }

 private:
  asio::awaitable<Result<std::string>> answer(std::string_view frame, Deadline deadline);
  asio::awaitable<Result<void>> ensure_script(Deadline deadline);
  Result<std::unique_ptr<script::Session>> open_script();
  std::string reply_to(Error error) const;

  std::shared_ptr<const Shared> shared_;
  net::Lane& lane_;
  script::SessionPool& pool_;
  log::Logger logger_;
  envelope::Hello hello_;
  std::unique_ptr<script::Session> script_;  // made by the first request
};

}  // namespace gvm::llm
