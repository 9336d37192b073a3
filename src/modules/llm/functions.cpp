#include "llm/functions.h"

#include "base/error_codes.h"
#include "base/json.h"
#include "base/null_fields.h"
#include "guarded/functions.h"
#include "llm/apply_draw.h"
#include "llm/guarded_prompt.h"
#include "llm/script_prompt.h"
#include "llm/services.h"

namespace gvm::llm {

namespace asio = boost::asio;
namespace {

constexpr std::string_view kLibrary = "llm.rs";

asio::awaitable<Result<Value>> exec_prompt_in_provider(script::Session& session,
                                                       script::HostFunction::Args args) {
  auto call = parse_provider_call(args.size() > 1 ? std::move(args[1]) : Value::null());
  if (!call) co_return fail(std::move(call).error());
  auto& services = static_cast<LlmServices&>(session.services());
  const auto* catalog = services.run_context().call.catalog;
  auto resolved = dispatch::resolve_single_step(std::move(*call), *catalog);
  if (!resolved) co_return fail(std::move(resolved).error());
  dispatch::ResolvedPrompt prompt = std::move(*resolved);
  Value left = std::move(args[0]);
  auto applied = co_await apply_draw(session, std::move(left), prompt);
  if (!applied) co_return fail(std::move(applied).error());
  const auto deadline = session.deadline();
  auto answer = co_await run_guarded(services, std::move(prompt), deadline);
  if (!answer) co_return fail(std::move(answer).error());
  co_return std::move(answer->answer).to_value();
}

Result<Value> exhaust(script::Session&, script::HostFunction::Args&) {
  return fail(Error(codes::kInsufficientExecutionBudget, Fatality::user,
                    "the script says that the execution budget is used up"));
}

Value without_nulls(Value value) {
  drop_null_fields(value);
  return value;
}

Value seconds(const std::optional<std::chrono::milliseconds>& timeout) {
  if (!timeout) return Value::null();
  return Value::real(std::chrono::duration<double>(*timeout).count());
}

// Absent, not null: scripts test fields with `if x.field then`.
void set_if_there(Value& table, std::string_view key, Value value) {
  if (!value.is_null()) table.as_map()->set(key, std::move(value));
}

Value model_value(const config::ModelConfig& model) {
  Value table = Value::fields("enabled", Value::boolean(model.enabled), "supports_json",
                              Value::boolean(model.supports_json), "supports_image",
                              Value::boolean(model.supports_image), "use_max_completion_tokens",
                              Value::boolean(model.use_max_completion_tokens));
  set_if_there(table, "meta", without_nulls(model.meta));
  set_if_there(table, "timeout", seconds(model.timeout));
  if (const auto& preset = model.sampling.temperature.preset) {
    set_if_there(table, "temperature", Value::real(*preset));
  }
  if (const auto& preset = model.max_tokens.preset) {
    set_if_there(table, "max_tokens", Value::integer(Integer::from_u64(*preset)));
  }
  return table;
}

// By backend: models with their flags and meta, without hosts and keys.
Value providers_value(const config::LlmConfig& config) {
  Value::Map providers;
  for (const auto& backend : config.backends) {
    Value::Map models;
    for (const auto& model : backend.models) models.set(model.name, model_value(model));
    Value table = Value::fields("models", Value::map(std::move(models)));
    set_if_there(table, "meta", without_nulls(backend.meta));
    set_if_there(table, "timeout", seconds(backend.timeout));
    providers.set(backend.name, std::move(table));
  }
  return Value::map(std::move(providers));
}

Value template_value(const config::PromptTemplate& prompt) {
  Value table =
      Value::fields("system", Value::string(prompt.system), "user", Value::string(prompt.user));
  // As text: a Lua table has neither nulls nor empty lists.
  if (prompt.form.compiled)
    table.as_map()->set("schema", Value::string(json::write(prompt.form.schema)));
  return table;
}

Value templates_value(const config::PromptTemplates& templates) {
  return Value::fields(
      "eq_comparative", template_value(templates.eq_comparative), "eq_non_comparative_leader",
      template_value(templates.eq_non_comparative_leader), "eq_non_comparative_validator",
      template_value(templates.eq_non_comparative_validator));
}

}  // namespace

std::string_view draw_field(const config::LlmConfig& config) {
  return config.greybox.enabled() ? kGreyboxField : std::string_view();
}

void add_llm_functions(script::HostTable& table, const config::LlmConfig& config) {
  table.functions.push_back({kLibrary, "exec_prompt_in_provider",
                             "fun(ctx: LlmContext, request: ProviderRequest): ProviderResult",
                             "Sends one prompt to one model. Suspends only this session. Raises "
                             "STATUS_NOT_OK (ctx.status), SENDING_REQUEST, "
                             "READING_BODY, DEADLINE_EXCEEDED, DESERIALIZING, ANSWER_NOT_USABLE "
                             "(ctx.tokens), UNKNOWN_PROVIDER, "
                             "MISSING_CAPABILITY; timeout is in seconds.",
                             script::HostFunction::Async(exec_prompt_in_provider),
                             draw_field(config)});
  add_route_functions(table, config);
  add_template_functions(table, config);
  guarded::add_guard_function(table, kLibrary, guard::Stage::input, [](script::Session& session) {
    auto* services = dynamic_cast<LlmServices*>(&session.services());
    return services == nullptr ? std::shared_ptr<guarded::SessionGuards>() : services->guards();
  });
  table.functions.push_back(
      {kLibrary, "exhaust", "fun()",
       "Ends the prompt with an empty answer that consumes all remaining gen. Never returns.",
       script::HostFunction::Sync(exhaust)});
  table.constants.push_back(
      {kLibrary, "providers", "ProvidersDB",
       "The usable backends by name: models with their flags, meta and timeout (seconds).",
       providers_value(config)});
  table.constants.push_back({kLibrary, "templates", "PromptTemplates",
                             "The configured prompt templates, each {system, user}.",
                             templates_value(config.prompt_templates)});
  table.constants.push_back(
      {kLibrary, "timeout", "number",
       "Seconds a provider call may take unless backend, model or call say otherwise.",
       seconds(config.timeout)});
  if (!config.common.meta.is_null()) {
    table.constants.push_back({kLibrary, "meta", "any",
                               "The configuration's meta, as written; absent when there is none.",
                               without_nulls(config.common.meta)});
  }
}

}  // namespace gvm::llm
