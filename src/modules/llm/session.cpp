#include "llm/session.h"

#include <random>
#include <utility>

#include "base/error_codes.h"
#include "envelope/reply.h"
#include "host/image_functions.h"
#include "llm/answer_of_script.h"
#include "llm/services.h"

namespace gvm::llm {
namespace {

using envelope::LlmAnswer;
using Arguments = scripted::Session::Arguments;

// The strings and images are borrowed from the frame, which outlives the call.
Value payload_of(envelope::PromptRequest& prompt) {
  Value::Array images;
  for (const auto& image : prompt.images)
    images.push_back(Value::bytes(Blob::borrow(image.view())));
  return Value::fields(
      "response_format",
      Value::string(Blob::borrow(envelope::response_format_name(prompt.response_format))), "prompt",
      Value::string(Blob::borrow(prompt.prompt.view())), "images", Value::array(std::move(images)));
}

Value payload_of(envelope::TemplateRequest& request) {
  Value::Map payload = std::move(request.slots);
  payload.set("template", Value::string(Blob::borrow(envelope::template_name(request.kind))));
  return Value::map(std::move(payload));
}

struct EntryCall {
  std::string_view name;
  Arguments arguments;
};

// wire.md, "Requests": scripts of A and B calculate with a plain integer, as far as it fits one.
bool as_rat(const Integer& fuel, envelope::Generation generation) {
  return envelope::wants_fuel_as_rat(generation) || !fuel.to_i64();
}

EntryCall entry_call(envelope::LlmRequest& request, envelope::Generation generation) {
  return std::visit(
      [generation](auto& typed) {
        constexpr bool kIsPrompt =
            std::is_same_v<std::decay_t<decltype(typed)>, envelope::PromptRequest>;
        EntryCall call{kIsPrompt ? "ExecPrompt" : "ExecPromptTemplate", {}};
        const bool fuel_as_rat = as_rat(typed.remaining_fuel, generation);
        Value fuel = Value::integer(std::move(typed.remaining_fuel));
        call.arguments.push_back({payload_of(typed), false});
        call.arguments.push_back({std::move(fuel), fuel_as_rat});
        return call;
      },
      request);
}

// As the audit names it.
std::string origin_of(const envelope::LlmRequest& request) {
  const auto* judged = std::get_if<envelope::TemplateRequest>(&request);
  return std::string(judged == nullptr ? "ExecPrompt" : envelope::template_name(judged->kind));
}

// Not the session's seed, which may be configured: who knows it could write placeholders.
std::uint64_t random_seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

bool exhausted(const Error& error) {
  return error.code() == codes::kInsufficientExecutionBudget;
}

}  // namespace

LlmSession::LlmSession(std::shared_ptr<const Shared> shared, net::Lane& lane, std::uint64_t number)
    : Session(shared, lane, number),
      shared_(std::move(shared)),
      origin_(std::make_shared<Origin>()) {
  if (shared_->config->greybox.enabled())
    greybox_ = std::make_shared<SessionGreybox>(shared_->config, *shared_->greybox_counters);
}

asio::awaitable<Result<std::string>> LlmSession::answer(Value message, Deadline deadline) {
  const auto generation = peer().generation;
  auto request = envelope::parse_llm_request(std::move(message), generation);
  if (!request) co_return fail(std::move(request).error());
  origin_->entry = origin_of(*request);
  EntryCall call = entry_call(*request, generation);
  if (greybox_)
    call.arguments.push_back(
        {.value = greybox_->begin(kind_of(*request)), .ctx_field = kGreyboxField});
  // From Lua a prompt goes by functions.cpp or route_functions.cpp to dispatch::run_prompt().
  auto returned = co_await call_script(call.name, std::move(call.arguments), deadline);
  if (!returned && exhausted(returned.error())) {
    Value nothing = envelope::answer_value(LlmAnswer::exhausted(), generation);
    co_return envelope::encode_ok(std::move(nothing), generation);
  }
  if (!returned) co_return fail(std::move(returned).error());
  auto checked = read_script_answer(std::move(*returned), *request, generation);
  if (!checked) co_return fail(std::move(checked).error());
  if (checked->bare) tell_of_bare_answer();
  consumed_gen_ = consumed_gen_ + money::Rational(checked->consumed_gen);
  LlmAnswer answer{std::move(checked->data), std::move(checked->consumed_gen)};
  Value reply = envelope::answer_value(std::move(answer), generation);
  co_return envelope::encode_ok(std::move(reply), generation);
}

// Once for the script, not for every answer.
void LlmSession::tell_of_bare_answer() const {
  if (shared_->told_of_bare_answers->test_and_set()) return;
  logger().warn(
      "the script answers the data alone, as for GenVM 0.1; {data =, consumed_gen =} is the form",
      {{"script", Value::string(shared_->config->common.lua_script_path)}});
}

void LlmSession::add_stats(Value::Map& stats) const {
  stats.set("consumed_gen", Value::integer(consumed_gen_.numerator()));
}

std::unique_ptr<script::Services> LlmSession::make_services() {
  dispatch::RunContext context;
  context.engine = shared_->engine;
  context.logger = logger();
  context.log_content = logs_content();
  context.session = number();
  net::HttpClient& http = shared_->http->of(lane());
  context.call.http = &http;
  context.call.catalog = shared_->catalog.get();
  context.call.counters = shared_->counters.get();
  context.call.json_shape = envelope::wants_json_text(peer().generation) ? provider::JsonShape::text
                                                                         : provider::JsonShape::map;
  billing::SessionFacts facts =
      billing::facts_of(peer(), shared_->config->pricing, shared_->engine->router->session_seed());
  host::RequestSigner signer(shared_->config->common, shared_->signing_keys, http, identity());
  std::shared_ptr<guarded::SessionGuards> guards;
  if (shared_->guards)
    guards = std::make_shared<guarded::SessionGuards>(shared_->guards, random_seed());
  return std::make_unique<LlmServices>(
      std::move(context), std::move(facts), shared_->redactor, std::move(signer), std::move(guards),
      Audited{shared_->audit, origin_}, greybox_, shared_->judge_counters,
      host::filter_image_of(shared_->program->host()));
}

}  // namespace gvm::llm
