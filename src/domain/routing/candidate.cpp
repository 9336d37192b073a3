#include "routing/candidate.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error_codes.h"

namespace gvm::routing {
namespace {

Error invalid(std::string problem) {
  return Error(codes::kInvalidConfig, Fatality::fatal, std::move(problem));
}

std::string label_of(const Candidate& candidate) {
  return fmt::format("{}/{}@{}#{}", candidate.backend, candidate.model, candidate.endpoint,
                     candidate.key);
}

std::optional<Error> problem_of(const Candidate& candidate) {
  if (candidate.backend.empty() || candidate.model.empty() || candidate.endpoint.empty())
    return invalid("a candidate needs a backend, a model and an endpoint: " + label_of(candidate));
  if (!std::isfinite(candidate.weight) || candidate.weight < 0)
    return invalid("the weight of " + label_of(candidate) + " is no number of 0 or more");
  if (candidate.tier > kMaxTier)
    return invalid(fmt::format("the tier of {} is over {}", label_of(candidate), kMaxTier));
  return std::nullopt;
}

// Gives equal names the same number, counted from 0.
class Numbering {
 public:
  std::uint32_t of(const std::string& name) {
    return numbers_.try_emplace(name, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  std::size_t size() const { return numbers_.size(); }

 private:
  std::map<std::string, std::uint32_t> numbers_;
};

}  // namespace

Result<CandidateSet> CandidateSet::create(std::vector<Candidate> candidates) {
  if (candidates.size() > kMaxCandidates)
    return fail(invalid(
        fmt::format("{} candidates, over the limit of {}", candidates.size(), kMaxCandidates)));
  for (const auto& candidate : candidates) {
    if (auto problem = problem_of(candidate)) return fail(std::move(*problem));
  }
  CandidateSet set(std::move(candidates));
  if (set.by_label_.size() == set.size()) return set;
  for (CandidateId id = 0; id < set.size(); ++id) {
    if (set.by_label_.at(set.labels_[id]) != id)
      return fail(invalid("the same candidate twice: " + set.labels_[id]));
  }
  std::unreachable();
}

CandidateSet::CandidateSet(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {
  Numbering backends, models, endpoints, keys;
  for (const auto& c : candidates_) {
    facts_.push_back({.backend = backends.of(c.backend),
                      .model = models.of(c.backend + '\n' + c.model),
                      .endpoint = endpoints.of(c.endpoint),
                      .key = keys.of(fmt::format("{}\n{}", c.backend, c.key)),
                      .context_length = c.context_length,
                      .weight = static_cast<float>(c.weight),
                      .tier = static_cast<std::uint8_t>(c.tier),
                      .json = c.json,
                      .image = c.image,
                      .limits = c.limits,
                      .data = c.data});
    labels_.push_back(label_of(c));
    by_label_.try_emplace(labels_.back(), static_cast<CandidateId>(labels_.size() - 1));
  }
  backends_ = backends.size();
  endpoints_ = endpoints.size();
  keys_ = keys.size();
}

std::optional<CandidateId> CandidateSet::find(const std::string& label) const {
  const auto found = by_label_.find(label);
  return found == by_label_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace gvm::routing
