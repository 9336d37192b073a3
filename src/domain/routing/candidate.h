#pragma once
// The destinations of a prompt: every combination of backend, model, endpoint and key. Immutable
// after the start and shared by all lanes; a candidate is identified by its index.
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "routing/instant.h"

namespace gvm::routing {

using CandidateId = std::uint32_t;
using NanoUsd = std::int64_t;

inline constexpr std::size_t kMaxCandidates = 4096;
inline constexpr unsigned kMaxTier = 255;

// The data rule of the operator that keeps a candidate from prompts (docs/routing.md, "Data
// rules").
enum class DataRule : std::uint8_t { none, no_images, no_personal_data, regions, zero_retention };

// By what a prompt holds.
struct DataBars {
  DataRule any = DataRule::none;            // every prompt
  DataRule images = DataRule::none;         // one with images
  DataRule personal_data = DataRule::none;  // one in which personal data was found
};

// Zero: no limit of this kind.
struct CandidateLimits {
  std::uint32_t requests_per_minute = 0;  // with this key, all models and endpoints together
  std::uint64_t tokens_per_minute = 0;
  std::uint32_t concurrency = 0;          // calls at once to this candidate
  std::uint32_t backend_concurrency = 0;  // calls at once to its whole backend
};

struct Candidate {
  std::string backend;
  std::string model;
  std::string endpoint;   // scheme, host and port, as the configuration has it
  std::uint32_t key = 0;  // position among the backend's keys
  bool json = false;
  bool image = false;
  std::uint32_t context_length = 0;  // tokens, prompt and answer; 0: unknown
  double weight = 1;  // share for `weighted` and `least_busy`; 0: used only when no other is left
  unsigned tier = 0;  // 0 is tried first
  CandidateLimits limits;
  DataBars data;
};

// The facts about a candidate that ranking reads, without its texts. The indices refer to rows that
// candidates share in a HealthTable.
struct CandidateFacts {
  std::uint32_t backend = 0;
  // One number for each (backend, model): its keys and endpoints are siblings.
  std::uint32_t model = 0;
  std::uint32_t endpoint = 0;
  std::uint32_t key = 0;
  std::uint32_t context_length = 0;
  float weight = 1;
  std::uint8_t tier = 0;
  bool json = false;
  bool image = false;
  CandidateLimits limits;
  DataBars data;
};

class CandidateSet {
 public:
  // INVALID_CONFIG: too many candidates, a tier over kMaxTier, a weight that is negative or no
  // number, a name that is empty, or the same candidate twice.
  static Result<CandidateSet> create(std::vector<Candidate> candidates);

  std::size_t size() const { return candidates_.size(); }
  const Candidate& operator[](CandidateId id) const { return candidates_[id]; }
  const CandidateFacts& facts(CandidateId id) const { return facts_[id]; }
  std::span<const CandidateFacts> facts() const { return facts_; }
  std::size_t backends() const { return backends_; }
  std::size_t endpoints() const { return endpoints_; }
  std::size_t keys() const { return keys_; }

  // "backend/model@endpoint#key", unique within the set.
  const std::string& label(CandidateId id) const { return labels_[id]; }
  std::optional<CandidateId> find(const std::string& label) const;

 private:
  explicit CandidateSet(std::vector<Candidate> candidates);

  std::vector<Candidate> candidates_;
  std::vector<CandidateFacts> facts_;
  std::vector<std::string> labels_;
  std::map<std::string, CandidateId> by_label_;
  std::size_t backends_ = 0;
  std::size_t endpoints_ = 0;
  std::size_t keys_ = 0;
};

// The needs of one prompt. The spans must outlive the ranking and the Failover made from it.
struct Request {
  bool needs_json = false;
  bool needs_image = false;
  bool holds_images = false;  // for data rules: also where capabilities do not matter
  bool holds_personal_data = false;
  std::uint32_t tokens = 0;  // estimate, prompt and answer; 0: unknown
  std::uint64_t seed = 0;
  Time now{};
  std::span<const CandidateId> excluded;
  // The worst-case cost by candidate. Empty, or kUnknownCost for one candidate, when it is unknown.
  std::span<const NanoUsd> worst_case_cost;
  std::optional<NanoUsd> cost_limit;
  // By candidate, in place of its own tier; empty: the candidates' own.
  std::span<const std::uint8_t> tiers = {};
  // By candidate, which demand of the caller's it does not fit; empty: nothing is demanded.
  std::span<const DataRule> unfit = {};

  NanoUsd cost_of(CandidateId id) const;
  unsigned tier_of(CandidateId id, const CandidateFacts& facts) const {
    return id < tiers.size() ? tiers[id] : facts.tier;
  }
};

inline constexpr NanoUsd kUnknownCost = -1;

inline NanoUsd Request::cost_of(CandidateId id) const {
  return id < worst_case_cost.size() ? worst_case_cost[id] : kUnknownCost;
}

}  // namespace gvm::routing
