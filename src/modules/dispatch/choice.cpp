#include "dispatch/choice.h"

#include <fmt/format.h>

namespace gvm::dispatch {
namespace {

using routing::CandidateId;

void begin(const RunContext& context, const pricing::PriceCatalog& prices, PromptChoice& out) {
  const billing::SessionFacts& facts = *context.facts;
  out.decision.id = fmt::format("{}-{}", facts.session, facts.prompts);
  out.decision.at = std::chrono::system_clock::now();
  out.decision.policy = context.engine->router->policy_hash();
  out.decision.prices = prices.hash();
  out.request.seed = routing::scramble(facts.seed + facts.prompts);
  out.request.now = Clock::now();
}

// Costs by candidate, where the choice or a limit looks at them.
void look_at_costs(const RunContext& context, const ResolvedPrompt& prompt,
                   const pricing::PriceCatalog& prices, const routing::RankPolicy& policy,
                   PromptChoice& out) {
  if (policy.strategy != routing::Strategy::cheapest && !out.request.cost_limit) return;
  const auto& router = *context.engine->router;
  const auto assumed = context.call.catalog->config().pricing.assumed_max_tokens;
  for (CandidateId id = 0; id < router.set().size(); ++id) {
    const provider::Target& target = router.candidates().target(id);
    const auto& model = *target.model->config;
    const auto size = billing::size_of(prompt.prompt_for(model), model, assumed);
    out.decision.costs.push_back(context.engine->spending->worst_case(prices, target, size));
  }
  out.request.worst_case_cost = out.decision.costs;
}

void rank(Router& router, const routing::RankPolicy& policy, PromptChoice& out) {
  auto& [decision, request, snapshot] = out;
  router.health().snapshot(request.now, snapshot);
  request.excluded = decision.excluded;
  request.tiers = decision.tiers;
  request.unfit = decision.unfit;
  routing::rank(router.set(), policy, request, snapshot, decision.ranking);
  decision.strategy = std::string(routing::name_of(policy.strategy));
  decision.seed = request.seed;
  decision.needs_json = request.needs_json;
  decision.needs_image = request.needs_image;
  decision.tokens = request.tokens;
  if (router.candidates().have_data_rules())
    decision.holds = {.images = request.holds_images, .personal_data = request.holds_personal_data};
}

// Excludes all candidates of other models. Whether the chosen model can do what is needed is the
// caller's decision.
std::vector<CandidateId> candidates_beside(const provider::ModelEntry& model,
                                           const Router& router) {
  std::vector<CandidateId> others;
  for (CandidateId id = 0; id < router.set().size(); ++id)
    if (router.candidates().target(id).model->config != model.config) others.push_back(id);
  return others;
}

}  // namespace

void choose(const RunContext& context, const ResolvedPrompt& prompt,
            const pricing::PriceCatalog& prices, Deadline deadline, PromptChoice& out) {
  Router& router = *context.engine->router;
  begin(context, prices, out);
  out.request.tokens = estimated_tokens(prompt.prompt, prompt.default_max_tokens);
  out.decision.greybox = prompt.greybox;
  out.decision.answer_limit =
      prompt.prompt.max_tokens.value_or(prompt.default_max_tokens.value_or(0));
  out.request.holds_images = !prompt.prompt.images.empty();
  out.request.holds_personal_data = prompt.holds_personal_data;
  out.decision.demand = prompt.data;
  out.decision.unfit = router.candidates().unfit_for(prompt.data);
  if (prompt.only) {
    out.decision.excluded = candidates_beside(*prompt.only->model, router);
    return rank(router, router.rank_policy(), out);
  }
  out.request.needs_json = prompt.format != provider::Format::text;
  out.request.needs_image = !prompt.prompt.images.empty();
  out.request.cost_limit = router.failover_policy(deadline).limits.cost;
  out.decision.excluded = prompt.excluded;
  out.decision.tiers = prompt.tiers;
  const auto policy = prompt.strategy ? router.rank_policy(*prompt.strategy) : router.rank_policy();
  look_at_costs(context, prompt, prices, policy, out);
  rank(router, policy, out);
}

}  // namespace gvm::dispatch
