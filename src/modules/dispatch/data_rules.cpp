#include "dispatch/data_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error_codes.h"
#include "dispatch/codes.h"

namespace gvm::dispatch {
namespace {

using routing::DataRule;

// The demand that the rule belongs to: the first that speaks against the candidate.
std::string_view demand_of(const routing::DataBars& bars, const routing::Request& request) {
  if (bars.any != DataRule::none) return "data_rules";
  if (request.holds_images && bars.images != DataRule::none) return "data_rules.images";
  return "data_rules.personal_data";
}

std::string key_of(const routing::CandidateSet& set, const routing::Rejected& rejected,
                   const routing::Request& request) {
  const auto& backend = set[rejected.candidate].backend;
  const auto demand = demand_of(set.facts(rejected.candidate).data, request);
  switch (rejected.reason) {
    case routing::Rejection::data_no_images:
      return fmt::format("backends.{}.data.no_images", backend);
    case routing::Rejection::data_no_personal_data:
      return fmt::format("backends.{}.data.no_personal_data", backend);
    case routing::Rejection::data_regions:
      return fmt::format("{}.regions (backends.{}.data.region)", demand, backend);
    case routing::Rejection::asked_regions:
      return fmt::format("request.data.regions (backends.{}.data.region)", backend);
    case routing::Rejection::asked_zero_retention:
      return fmt::format("request.data.zero_retention_only (backends.{}.data.zero_retention)",
                         backend);
    default:
      return fmt::format("{}.zero_retention_only (backends.{}.data.zero_retention)", demand,
                         backend);
  }
}

// Once each, in the order of the candidates.
std::vector<std::string> keys_in(const routing::CandidateSet& set, const PromptChoice& choice) {
  std::vector<std::string> keys;
  std::set<std::string> told;
  for (const auto& rejected : choice.decision.ranking.rejected) {
    if (!routing::is_data_rule(rejected.reason)) continue;
    auto key = key_of(set, rejected, choice.request);
    if (told.insert(key).second) keys.push_back(std::move(key));
  }
  return keys;
}

constexpr std::size_t kMostTold = 16;

}  // namespace

std::optional<Error> kept_by_data_rules(const Candidates& candidates, const PromptChoice& choice,
                                        bool single_step) {
  const auto& [ranked, rejected] = choice.decision.ranking;
  // Breakers and limits do not matter to a single step, capabilities neither.
  const auto may_be_asked = [&](const routing::Rejected& each) {
    if (!single_step) return routing::is_temporary(each.reason);
    return each.reason != routing::Rejection::excluded && !routing::is_data_rule(each.reason);
  };
  if (!ranked.empty() || std::ranges::any_of(rejected, may_be_asked)) return std::nullopt;
  auto keys = keys_in(*candidates.set(), choice);
  if (keys.empty()) return std::nullopt;
  if (keys.size() > kMostTold) keys.resize(kMostTold);
  Error error(single_step ? codes::kDataRules : codes::kNoProviderForPrompt,
              single_step ? Fatality::user : Fatality::fatal,
              fmt::format("no model may be sent this prompt: {}", fmt::join(keys, ", ")));
  Value::Array told;
  for (auto& key : keys) told.push_back(Value::string(std::move(key)));
  error.with("why", Value::string("data_rules"));
  return error.with("data_rules", Value::array(std::move(told)));
}

}  // namespace gvm::dispatch
