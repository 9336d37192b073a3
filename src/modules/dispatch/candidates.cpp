#include "dispatch/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

namespace gvm::dispatch {
namespace {

using routing::Candidate;
using routing::CandidateId;

// Files written for scripts give models a priority of their own in `meta`.
int priority_of(const config::BackendConfig& backend, const config::ModelConfig& model) {
  const Value* own = model.meta.find("priority");
  const Integer* number = own == nullptr ? nullptr : own->as_integer();
  const auto priority = number == nullptr ? std::nullopt : number->to_i64();
  constexpr std::int64_t kMost = 1'000'000;
  if (priority) return static_cast<int>(std::clamp(*priority, -kMost, kMost));
  return backend.share.priority.value_or(0);
}

// Priorities, however far apart, become tiers 0, 1, 2... The lowest share the last one.
std::vector<int> tiers_of(const config::LlmConfig& config) {
  std::set<int, std::greater<>> priorities;
  for (const auto& backend : config.backends)
    for (const auto& model : backend.models) priorities.insert(priority_of(backend, model));
  return {priorities.begin(), priorities.end()};
}

unsigned tier_of(const std::vector<int>& tiers, int priority) {
  const auto at = std::ranges::find(tiers, priority);
  return std::min(static_cast<unsigned>(at - tiers.begin()), routing::kMaxTier);
}

// Names of candidates stand in records, metrics and errors; an address may hold a password.
std::string without_credentials(std::string endpoint) {
  const auto scheme = endpoint.find("://");
  if (scheme == std::string::npos) return endpoint;
  const auto begin = scheme + 3;
  const auto at = endpoint.substr(0, endpoint.find('/', begin)).rfind('@');
  if (at != std::string::npos && at >= begin) endpoint.erase(begin, at + 1 - begin);
  return endpoint;
}

using routing::DataRule;

DataRule broken_rule(const config::BackendDataConfig& data, const config::DataDemand& demand) {
  const auto& regions = demand.regions;
  if (!regions.empty() && std::ranges::find(regions, data.region) == regions.end())
    return DataRule::regions;
  if (demand.zero_retention_only && !data.zero_retention) return DataRule::zero_retention;
  return DataRule::none;
}

routing::DataBars bars_of(const config::BackendDataConfig& data,
                          const config::DataRulesConfig& rules) {
  return {.any = broken_rule(data, rules.all),
          .images = data.no_images ? DataRule::no_images : broken_rule(data, rules.images),
          .personal_data = data.no_personal_data ? DataRule::no_personal_data
                                                 : broken_rule(data, rules.personal_data)};
}

Candidate candidate_of(const config::BackendConfig& backend, const config::ModelConfig& model,
                       const std::vector<int>& tiers) {
  Candidate made;
  made.backend = backend.name;
  made.model = model.name;
  made.json = model.supports_json;
  made.image = model.supports_image;
  made.context_length = static_cast<std::uint32_t>(model.context_length.value_or(0));
  made.weight = backend.share.weight;
  made.tier = tier_of(tiers, priority_of(backend, model));
  made.limits.requests_per_minute = static_cast<std::uint32_t>(backend.share.requests_per_minute);
  made.limits.tokens_per_minute = static_cast<std::uint64_t>(backend.share.tokens_per_minute);
  made.limits.backend_concurrency = static_cast<std::uint32_t>(backend.share.max_concurrency);
  return made;
}

}  // namespace

Result<Candidates> Candidates::of(const provider::Catalog& catalog) {
  const auto& config = catalog.config();
  const auto tiers = tiers_of(config);
  std::vector<Candidate> all;
  Candidates made;
  for (const auto& backend : config.backends) {
    const provider::BackendEntry& entry = catalog.backends().find(backend.name)->second;
    for (const auto& model : backend.models) {
      const provider::ModelEntry& known = entry.models.find(model.name)->second;
      for (std::size_t key = 0; key < entry.headers.size(); ++key) {
        for (std::size_t endpoint = 0; endpoint < entry.endpoints.size(); ++endpoint) {
          Candidate candidate = candidate_of(backend, model, tiers);
          candidate.endpoint = without_credentials(entry.endpoints[endpoint]);
          candidate.key = static_cast<std::uint32_t>(key);
          candidate.data = bars_of(backend.data, config.data_rules);
          all.push_back(std::move(candidate));
          made.targets_.push_back({&entry, &known, endpoint, key});
        }
      }
    }
  }
  auto set = routing::CandidateSet::create(std::move(all));
  if (!set) return fail(std::move(set).error());
  made.set_ = std::make_shared<const routing::CandidateSet>(std::move(*set));
  return made;
}

bool Candidates::look_for_personal_data() const {
  return std::ranges::any_of(set_->facts(), [](const routing::CandidateFacts& facts) {
    return facts.data.personal_data != DataRule::none;
  });
}

bool Candidates::have_data_rules() const {
  return std::ranges::any_of(set_->facts(), [](const routing::CandidateFacts& facts) {
    const auto& data = facts.data;
    return data.any != DataRule::none || data.images != DataRule::none ||
           data.personal_data != DataRule::none;
  });
}

std::vector<DataRule> Candidates::unfit_for(const config::DataDemand& demand) const {
  std::vector<DataRule> unfit;
  if (!demand.any()) return unfit;
  for (const auto& target : targets_)
    unfit.push_back(broken_rule(target.backend->config->data, demand));
  return unfit;
}

std::string Candidates::key_name(CandidateId id) const {
  return fmt::format("key {}", targets_[id].key + 1);
}

std::vector<CandidateId> Candidates::named(std::string_view backend, std::string_view model) const {
  std::vector<CandidateId> found;
  for (CandidateId id = 0; id < targets_.size(); ++id) {
    const auto& target = targets_[id];
    if (target.backend->config->name != backend) continue;
    const auto& config = *target.model->config;
    if (model.empty() || config.name == model || config.alias == model) found.push_back(id);
  }
  return found;
}

}  // namespace gvm::dispatch
