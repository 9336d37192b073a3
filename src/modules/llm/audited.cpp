#include "llm/audited.h"

#include <chrono>
#include <utility>

#include "base/error_codes.h"
#include "base/json.h"

namespace gvm::llm {
namespace {

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string text_of(const Value& data) {
  const auto text = data.as_string();
  return text ? std::string(*text) : json::write(data);
}

std::string field_of(const Error& error, std::string_view name) {
  const Value* field = error.ctx().find(name);
  return std::string(field == nullptr ? "" : field->as_string().value_or(""));
}

}  // namespace

AuditedPrompt::AuditedPrompt(const LlmServices& services, provider::Format format)
    : log_(services.audit()) {
  if (log_ == nullptr) return;
  guards_ = services.guards();
  const auto& facts = *services.run_context().facts;
  record_.session = facts.session;
  record_.node = facts.node;
  record_.tx = facts.tx;
  record_.contract = facts.contract;
  record_.entry = services.origin().entry;
  record_.format = std::string(provider::format_name(format));
  record_.texts.sent = false;
}

AuditedPrompt::~AuditedPrompt() {
  if (log_ == nullptr) return;
  record_.outcome = std::string(codes::kCancelled);
  add();
}

Result<void> AuditedPrompt::ready() {
  if (log_ == nullptr) return {};
  auto ready = log_->ready();
  if (!ready) log_ = nullptr;
  return ready;
}

void AuditedPrompt::sends(const provider::Prompt& prompt) {
  if (log_ == nullptr) return;
  auto& texts = record_.texts;
  texts.sent = true;
  if (prompt.system_message) texts.system = std::string(prompt.system_message->view());
  texts.user = std::string(prompt.user_message.view());
  for (const auto& image : prompt.images) texts.images.emplace_back(image.view());
}

void AuditedPrompt::ends(const Result<dispatch::PromptAnswer>& answer,
                         const dispatch::Candidates& candidates) {
  if (!answer) return ends(answer.error());
  if (log_ == nullptr) return;
  const auto& chosen = (*candidates.set())[answer->candidate];
  const auto& got = answer->answer;
  record_.backend = chosen.backend;
  record_.model = chosen.model;
  record_.decision = got.record;
  record_.texts.answer = got.judged ? *got.judged : text_of(got.data);
  add();
}

void AuditedPrompt::ends(const Error& error) {
  if (log_ == nullptr) return;
  record_.outcome = std::string(error.code());
  record_.decision = field_of(error, "record");
  record_.backend = field_of(error, "provider");
  record_.model = field_of(error, "model");
  if (const auto moderator = field_of(error, "moderator"); !moderator.empty())
    record_.rules.push_back("moderator " + moderator);
  add();
}

void AuditedPrompt::add() {
  record_.at_ms = now_ms();
  if (guards_)
    for (auto& rule : guards_->take_fired()) record_.rules.push_back(std::move(rule));
  std::exchange(log_, nullptr)->add(std::move(record_));
}

}  // namespace gvm::llm
