#pragma once
// Candidates and points of a virtual clock for the tests of this folder.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "routing/health.h"
#include "routing/rank.h"

namespace gvm::routing::testing {

// The virtual clock starts an hour after its epoch.
inline Time at(std::int64_t ms) {
  return Time{} + std::chrono::hours(1) + milliseconds(ms);
}

inline Candidate candidate(std::string backend, std::string model = "m", std::string host = "",
                           std::uint32_t key = 0) {
  Candidate out;
  out.endpoint = host.empty() ? "https://" + backend + ".example" : std::move(host);
  out.backend = std::move(backend);
  out.model = std::move(model);
  out.key = key;
  out.json = true;
  out.image = true;
  return out;
}

// `count` backends of their own, b0, b1, ...
inline std::vector<Candidate> backends(std::size_t count) {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(candidate(fmt::format("b{}", i)));
  return out;
}

inline std::shared_ptr<const CandidateSet> set_of(std::vector<Candidate> candidates) {
  return std::make_shared<const CandidateSet>(CandidateSet::create(std::move(candidates)).value());
}

inline Ranking ranking_of(const HealthTable& table, const RankPolicy& policy, Request request) {
  Snapshot snapshot;
  table.snapshot(request.now, snapshot);
  Ranking out;
  rank(table.candidates(), policy, request, snapshot, out);
  return out;
}

inline std::vector<CandidateId> order_of(const Ranking& ranking) {
  std::vector<CandidateId> out;
  for (const auto& ranked : ranking.ranked) out.push_back(ranked.candidate);
  return out;
}

// A call that began at `start` and ended `took` later.
inline void call(HealthTable& table, CandidateId id, Time start, Duration took,
                 const CallOutcome& outcome = CallOutcome::success(),
                 Urgency urgency = Urgency::normal) {
  table.begin(id, start, 0, urgency).value().finish(outcome, start + took);
}

inline void fail_times(HealthTable& table, CandidateId id, Time now, int times,
                       ErrorKind kind = ErrorKind::server_error) {
  for (int i = 0; i < times; ++i) call(table, id, now, milliseconds(1), CallOutcome::failure(kind));
}

}  // namespace gvm::routing::testing
