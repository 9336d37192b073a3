#pragma once
// What was decided for one prompt, and why. A record is small enough to be kept for every answer,
// and complete enough to compute the same choice again. Pure.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/value.h"
#include "provider/prompt.h"
#include "routing/failover.h"

namespace gvm::dispatch {

// One call of the prompt.
struct DecisionAttempt {
  routing::CandidateId candidate = 0;
  std::int64_t after_us = 0;  // since the prompt came
  std::int64_t took_us = 0;
  std::string end;            // the error kind; empty: it answered
  std::int64_t reserved = 0;  // nano-USD
  std::int64_t charged = 0;
  bool hedge = false;
  bool correction = false;  // it told the model what was wrong with its last answer
  // The provider's own words of a failure: redacted, valid UTF-8, at most kSaidBytes.
  std::string said = {};
  static constexpr std::size_t kSaidBytes = 200;
};

struct Decision {
  static constexpr int kVersion = 1;
  std::string id;
  std::chrono::system_clock::time_point at;
  std::string policy;  // hash of candidates and strategy
  std::string prices;  // hash of the catalogue
  std::string strategy;
  std::uint64_t seed = 0;
  bool needs_json = false;
  bool needs_image = false;
  // What data rules depend on; nothing when there are none.
  struct Holds {
    bool images = false;
    bool personal_data = false;
  };
  Holds holds = {};
  config::DataDemand demand = {};        // of the caller's
  std::vector<routing::DataRule> unfit;  // by candidate, what it does not fit of that
  std::uint32_t tokens = 0;              // estimate, prompt and limit of the answer together
  std::uint32_t answer_limit = 0;        // tokens; of `tokens`. 0: the prompt sets none
  std::vector<routing::CandidateId> excluded;
  std::vector<std::uint8_t> tiers;      // by candidate, in place of its own; empty: its own
  std::vector<routing::NanoUsd> costs;  // by candidate, where the choice looked at them
  std::string state;                    // routing::to_text of the snapshot
  Value greybox;                        // what was drawn, a small map (docs/greyboxing.md); or null
  routing::Ranking ranking;
  std::vector<DecisionAttempt> attempts;
  std::string outcome;  // "ok" or the code of the error
};

// JSON, at most `most` bytes: what does not fit goes, from the least useful on, and `cut` names it.
// Candidates stand in it by number, `names` tells those that matter.
std::string to_text(const Decision& decision, const routing::CandidateSet& candidates,
                    std::size_t most);

// For people: several lines. `text` is the result of to_text; DESERIALIZING when it is not a
// record.
Result<std::string> explain(std::string_view text);

// The record without the words of providers, which may repeat a prompt; nothing when it has none.
std::optional<std::string> without_words(std::string_view text);

// What a record can be replayed with: of the configuration that made it.
struct ReplayPolicy {
  routing::RankPolicy rank;
  std::optional<routing::NanoUsd> cost_limit;
  std::string_view hash;
};
// The ranking made again from the record; "" when it is the same as recorded, else what differs.
// MALFORMED_SNAPSHOT when the record was cut too far, or is of another policy.
Result<std::string> replay(std::string_view text, const routing::CandidateSet& candidates,
                           const ReplayPolicy& policy);

}  // namespace gvm::dispatch
