// llm.rs.exec_prompt and llm.rs.route: the module chooses the model for a script.
#include "base/error_codes.h"
#include "dispatch/choice.h"
#include "llm/apply_draw.h"
#include "llm/functions.h"
#include "llm/guarded_prompt.h"
#include "llm/prompt_data.h"
#include "llm/script_prompt.h"
#include "llm/services.h"

namespace gvm::llm {

namespace asio = boost::asio;
namespace {

constexpr std::string_view kLibrary = "llm.rs";

Result<dispatch::ResolvedPrompt> prompt_in(script::HostFunction::Args& args,
                                           const dispatch::Router& router) {
  return parse_prompt(args.size() > 1 ? std::move(args[1]) : Value::null(), router.candidates());
}

asio::awaitable<Result<Value>> exec_prompt(script::Session& session,
                                           script::HostFunction::Args args) {
  auto& services = static_cast<LlmServices&>(session.services());
  const auto engine = services.run_context().engine;
  auto resolved = prompt_in(args, *engine->router);
  if (!resolved) co_return fail(std::move(resolved).error());
  dispatch::ResolvedPrompt prompt = std::move(*resolved);
  Value left = std::move(args[0]);
  auto applied = co_await apply_draw(session, std::move(left), prompt);
  if (!applied) co_return fail(std::move(applied).error());
  const auto deadline = session.deadline();
  auto answer = co_await run_guarded(services, std::move(prompt), deadline);
  if (!answer) co_return fail(std::move(answer).error());
  co_return std::move(*answer).to_value(engine->router->candidates());
}

Value entry_of(const dispatch::Candidates& candidates, routing::CandidateId id,
               std::string reason) {
  const auto& candidate = (*candidates.set())[id];
  const auto& target = candidates.target(id);
  return Value::fields("provider", Value::string(candidate.backend), "model",
                       Value::string(candidate.model), "endpoint",
                       Value::integer(static_cast<std::int64_t>(target.endpoint + 1)), "key",
                       Value::integer(static_cast<std::int64_t>(target.key + 1)), "tier",
                       Value::integer(static_cast<std::int64_t>(candidate.tier)), "reason",
                       Value::string(std::move(reason)));
}

Result<Value> route(script::Session& session, script::HostFunction::Args& args) {
  auto& services = static_cast<LlmServices&>(session.services());
  const dispatch::RunContext context = services.run_context();
  const auto& router = *context.engine->router;
  auto prompt = prompt_in(args, router);
  if (!prompt) return fail(std::move(prompt).error());
  prompt->holds_personal_data = may_hold_personal_data(router.candidates(), prompt->prompt);
  if (auto ordered = order_models(services, std::move(args[0]), *prompt); !ordered)
    return fail(std::move(ordered).error());
  dispatch::PromptChoice choice;
  dispatch::choose(context, *prompt, *context.engine->spending->prices(), Deadline::never(),
                   choice);
  const auto& ranking = choice.decision.ranking;
  Value::Array ranked;
  for (const auto& each : ranking.ranked)
    ranked.push_back(entry_of(router.candidates(), each.candidate, routing::to_text(each)));
  Value::Array rejected;
  for (const auto& each : ranking.rejected)
    rejected.push_back(entry_of(router.candidates(), each.candidate, routing::to_text(each)));
  return Value::fields("candidates", Value::array(std::move(ranked)), "rejected",
                       Value::array(std::move(rejected)));
}

}  // namespace

void add_route_functions(script::HostTable& table, const config::LlmConfig& config) {
  table.functions.push_back(
      {kLibrary, "exec_prompt", "fun(ctx: LlmContext, request: RoutedRequest): RoutedResult",
       "Finds a model for the prompt and goes on to the next ones when it fails: ranking, "
       "breakers, "
       "budgets, retries and second calls as configured under `routing`. Suspends only this "
       "session. Raises NO_PROVIDER_FOR_PROMPT (ctx.why, attempts, last, record), "
       "BUDGET_EXCEEDED, DEADLINE_EXCEEDED; timeout is in seconds, of each call.",
       script::HostFunction::Async(exec_prompt), draw_field(config)});
  table.functions.push_back(
      {kLibrary, "route",
       "fun(ctx: LlmContext, request: RoutedRequest): {candidates: RouteEntry[], rejected: "
       "RouteEntry[]}",
       "The models exec_prompt would ask now, best first, each with the reason for its place, and "
       "those it would not. Nothing is called.",
       script::HostFunction::Sync(route), draw_field(config)});
}

}  // namespace gvm::llm
