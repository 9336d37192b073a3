#include "routing/single_model.h"

#include <algorithm>
#include <utility>

namespace gvm::routing {
namespace {

bool is_network_error(ErrorKind kind) {
  return kind == ErrorKind::dns || kind == ErrorKind::connect || kind == ErrorKind::tls ||
         kind == ErrorKind::reset || kind == ErrorKind::stale_connection;
}

}  // namespace

bool is_transient(const CallOutcome& outcome, const RepeatPolicy& policy) {
  if (outcome.status != 0) return std::ranges::count(policy.statuses, outcome.status) > 0;
  return policy.network_errors && !outcome.timed_out && outcome.error &&
         is_network_error(*outcome.error);
}

Duration backoff_with_quarter_jitter(const BackoffPolicy& policy, unsigned retry, Random& random) {
  const auto doublings = std::min(retry > 0 ? retry - 1 : 0, 20U);
  const auto longest = to_micros(policy.longest);
  const auto least = std::min(to_micros(policy.first) << doublings, longest);
  const auto quarter = least / 4;
  const auto more = static_cast<std::uint64_t>(random.unit() * static_cast<double>(quarter));
  return microseconds(static_cast<std::int64_t>(std::min(least + more, longest)));
}

SingleModel::SingleModel(const HealthTable& table, std::vector<CandidateId> candidates,
                         std::uint32_t tokens, std::uint64_t seed, RepeatPolicy policy)
    : table_(table),
      candidates_(std::move(candidates)),
      tokens_(tokens),
      random_(seed),
      policy_(policy) {}

Action SingleModel::next(Time now) {
  if (over_) return give_up(GiveUp::Why::final_error);
  if (std::exchange(renew_, false)) {
    ++calls_;
    return Attempt{called_, Duration::zero(), Urgency::regardless, told_};
  }
  if (calls_ >= std::max(1U, policy_.attempts)) return give_up(GiveUp::Why::attempts);
  const auto id = best(now);
  Duration delay = Duration::zero();
  if (calls_ > 0 && last_ != ErrorKind::unusable) {
    // Another key or endpoint need not wait for what the last one asked for.
    delay = asked_pause_ && id == called_
                ? Duration(*asked_pause_)
                : backoff_with_quarter_jitter(policy_.backoff, calls_, random_);
    if (after(now, delay) >= policy_.deadline) return give_up(GiveUp::Why::deadline);
  }
  ++calls_;
  called_ = id;
  return Attempt{id, delay, Urgency::regardless, told_};
}

// The first candidate that nothing speaks against, else the one that recovers first.
CandidateId SingleModel::best(Time now) const {
  return *std::ranges::min_element(candidates_, {}, [&](CandidateId id) {
    return table_.free_at(id, now, tokens_, Urgency::normal);
  });
}

void SingleModel::refused(CandidateId, ErrorKind kind) {
  --calls_;
  last_ = kind;
  over_ = true;
}

void SingleModel::ended(CandidateId, const CallOutcome& outcome, Time) {
  last_ = outcome.error;
  asked_pause_ = outcome.retry_after;
  if (asked_pause_ && asked_pause_->count() <= 0) asked_pause_.reset();  // it does not say how long
  if (outcome.error == ErrorKind::stale_connection && renewals_ < kFreeRenewals) {
    ++renewals_;
    --calls_;
    renew_ = true;
    return;
  }
  const bool to_correct = outcome.error == ErrorKind::unusable && !told_;
  told_ = told_ || to_correct;
  over_ = !to_correct && !is_transient(outcome, policy_);
}

std::vector<CandidateId> candidates_of(const Ranking& ranking) {
  std::vector<CandidateId> out;
  for (const auto& each : ranking.ranked) out.push_back(each.candidate);
  for (const auto& each : ranking.rejected)
    if (each.reason != Rejection::excluded && !is_data_rule(each.reason))
      out.push_back(each.candidate);
  return out;
}

}  // namespace gvm::routing
