#include "dispatch/report.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/log_form.h"
#include "store/codes.h"

namespace gvm::dispatch {
namespace {

using routing::CandidateId;
using routing::ErrorKind;

// An error lists so many failed calls; with many candidates the record has the rest.
constexpr std::size_t kMostFailures = 32;

std::int64_t micros(routing::Duration span) {
  return std::chrono::duration_cast<routing::microseconds>(span).count();
}

Value text(std::string_view s) {
  return Value::string(std::string(s));
}

// A failed call as hosts look for it in the text of an error (wire.md, "Replies").
Value for_hosts(const Value& failure) {
  const std::string message = fmt::format("{}: {}", *failure.find("error")->as_string(),
                                          *failure.find("kind")->as_string());
  Value out = Value::fields("provider", *failure.find("provider"), "model", *failure.find("model"),
                            "error_message", text(message));
  if (const Value* status = failure.find("status")) out.as_map()->set("status", *status);
  return out;
}

bool same_model(const Value& a, const Value& b) {
  return *a.find("provider") == *b.find("provider") && *a.find("model") == *b.find("model");
}

bool is_the_prompts_own(std::string_view code) {
  return code == codes::kBudgetExceeded || code == codes::kCancelled ||
         code == codes::kScriptBadArgument || code.starts_with("LEDGER_");
}

}  // namespace

void PromptReport::add(CandidateId id, const CandidateCall& call, Occasion occasion) {
  if (!call.admitted) return;
  nano_usd_ += call.bill.nano_usd;
  cost_ = cost_ + call.bill.cost();
  const auto began = call.began.value_or(call.ended);
  choice_.decision.attempts.push_back(
      {.candidate = id,
       .after_us = micros(began - choice_.request.now),
       .took_us = micros(call.ended - began),
       .end = call.kind ? std::string(routing::name_of(*call.kind)) : "",
       .reserved = call.reserved,
       .charged = call.bill.nano_usd,
       .hedge = occasion.hedge,
       .correction = occasion.correction,
       .said = said_in(call)});
  if (const Error* error = call.error()) {
    last_error_ = *error;
    const auto& said = choice_.decision.attempts.back().said;
    if (!said.empty()) last_said_ = said;
    note_failure(id, *error, *call.kind);
    log_failure(id, call, *error);
  }
}

// The provider's own words, as a decision record keeps them.
std::string PromptReport::said_in(const CandidateCall& call) const {
  const auto* failure = call.failure();
  if (failure == nullptr || failure->said.empty()) return {};
  std::string words = context_.call.catalog->redactor().redact(failure->said);
  if (words.size() <= DecisionAttempt::kSaidBytes) return words;
  return to_valid_utf8(std::string_view(words).substr(0, DecisionAttempt::kSaidBytes));
}

// The row of a failed call in the prompt's error: codes, never texts, which could repeat the
// prompt.
void PromptReport::note_failure(CandidateId id, const Error& error, ErrorKind kind) {
  const auto& candidate = context_.engine->router->set()[id];
  Value row = Value::fields("provider", text(candidate.backend), "model", text(candidate.model),
                            "error", text(error.code()), "kind", text(routing::name_of(kind)));
  if (const Value* status = error.ctx().find("status")) row.as_map()->set("status", *status);
  if (first_failure_.is_null()) first_failure_ = row;
  if (failures_.size() >= kMostFailures) failures_.erase(failures_.begin());
  failures_.push_back(std::move(row));
}

// A budget that allows only cheaper candidates works as configured, so this is not logged as a
// warning. Failures of one kind at one model are sampled, unless everything is to be logged.
void PromptReport::log_failure(CandidateId id, const CandidateCall& call,
                               const Error& error) const {
  if (call.kind == ErrorKind::cancelled) return;
  const auto level = call.is_too_dear() ? log::Level::debug : failures_level_;
  if (!context_.logger.enabled(level)) return;
  const auto& candidate = context_.engine->router->set()[id];
  Error shown = error;
  context_.call.catalog->redactor().redact(shown);
  const auto kind = routing::name_of(*call.kind);
  const std::initializer_list<log::Field> fields = {{"provider", text(candidate.backend)},
                                                    {"model", text(candidate.model)},
                                                    {"kind", text(kind)},
                                                    {"error", log_form(shown)},
                                                    {"session", session()},
                                                    {"tx_id", text(context_.facts->tx)},
                                                    {"record", text(choice_.decision.id)}};
  constexpr std::string_view kMessage = "a model failed";
  if (context_.log_content && context_.logger.enabled(log::Level::trace))
    context_.logger.write(log::Level::trace, "what a failed model said",
                          {{"record", text(choice_.decision.id)}, {"error", shown.to_value()}});
  if (context_.logger.enabled(log::Level::debug))
    return context_.logger.write(level, kMessage, fields);
  const auto subject =
      fmt::format("{} {} {} {}", candidate.backend, candidate.model, kind, error.code());
  context_.engine->failures->write(level, kMessage, fields, subject);
}

Result<Integer> PromptReport::consumed_gen() const {
  if (!context_.facts->gen_rate) return Integer();
  return pricing::consumed_gen(cost_, *context_.facts->gen_rate);
}

std::string PromptReport::needs() const {
  const auto& request = choice_.request;
  return std::string(request.needs_json ? "json" : "text") + (request.needs_image ? "+image" : "");
}

Error PromptReport::give_up(const routing::GiveUp& over) const {
  if (last_error_ && is_the_prompts_own(last_error_->code())) return *last_error_;
  Error error = over.to_error(Clock::now());
  if (over.why == routing::GiveUp::Why::deadline || over.last == ErrorKind::deadline) {
    error =
        Error(codes::kDeadlineExceeded, Fatality::fatal, "no model answered in the time there was");
    error.with("timeout", Value::string("deadline"));
  }
  error.with("needs", Value::string(needs()));
  error.with("attempts", Value::array(Value::Array(failures_)));
  if (!last_said_.empty()) error.with("said", text(last_said_));
  if (first_failure_.is_null()) return error;
  error.with("primary_error", for_hosts(first_failure_));
  if (!same_model(failures_.back(), first_failure_))
    error.with("fallback_error", for_hosts(failures_.back()));
  return error;
}

Value PromptReport::session() const {
  return Value::integer(Integer::from_u64(context_.session));
}

void PromptReport::answered(CandidateId id) {
  log_answer(id);
  write("ok");
}

void PromptReport::log_answer(CandidateId id) const {
  if (!context_.logger.enabled(log::Level::debug)) return;
  const auto& candidate = context_.engine->router->set()[id];
  const auto calls = static_cast<std::int64_t>(choice_.decision.attempts.size());
  context_.logger.debug("answered",
                        {{"session", session()},
                         {"tx_id", text(context_.facts->tx)},
                         {"record", text(choice_.decision.id)},
                         {"provider", text(candidate.backend)},
                         {"model", text(candidate.model)},
                         {"attempts", Value::integer(calls)},
                         {"cost_usd", text(pricing::Usd::from_nano(nano_usd_).to_string())}});
}

void PromptReport::failed(const Error& error) {
  write(std::string(error.code()));
}

// The text is made on the ledger's thread: the answer does not wait for it.
void PromptReport::write(std::string outcome) {
  Decision decision = std::move(choice_.decision);
  choice_.decision.id = decision.id;
  decision.outcome = std::move(outcome);
  const auto since = decision.at.time_since_epoch();
  store::RecordToWrite record;
  record.id = decision.id;
  record.made_ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  record.text = [decision = std::move(decision), snapshot = std::move(choice_.snapshot),
                 set = context_.engine->router->candidates().set()]() mutable {
    decision.state = routing::to_text(snapshot);
    return to_text(decision, *set, store::DecisionRecord::kMostBytes);
  };
  context_.engine->spending->record(std::move(record));
}

}  // namespace gvm::dispatch
