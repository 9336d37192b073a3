#include "routing/failover.h"

#include <algorithm>
#include <utility>

namespace gvm::routing {
namespace {

constexpr std::uint64_t kPauses = 0x706175;  // a random sequence of its own

}  // namespace

Failover::Failover(const HealthTable& table, RetryBudget& retries, const Ranking& ranking,
                   const Request& request, FailoverPolicy policy)
    : table_(table),
      retries_(retries),
      request_(request),
      policy_(policy),
      budget_(policy.limits),
      random_(request.seed ^ kPauses) {
  retries_.count_prompt();
  places_.reserve(ranking.ranked.size() + ranking.rejected.size());
  for (const auto& ranked : ranking.ranked) places_.push_back({.id = ranked.candidate});
  const auto recovering = places_.size();
  for (const auto& rejected : ranking.rejected) {
    if (is_temporary(rejected.reason)) places_.push_back({.id = rejected.candidate});
  }
  std::sort(places_.begin() + static_cast<std::ptrdiff_t>(recovering), places_.end(),
            [&](const Place& a, const Place& b) {
              const auto& set = table_.candidates();
              const auto tier = [&](const Place& p) {
                return request_.tier_of(p.id, set.facts(p.id));
              };
              return std::pair(tier(a), a.id) < std::pair(tier(b), b.id);
            });
}

Action Failover::next(Time now) {
  if (last_error_ && rule_of(*last_error_).step == Step::give_up)
    return give_up(GiveUp::Why::final_error);
  if (const auto exhausted = budget_.refuses(now, 0)) {
    return give_up(*exhausted == Exhausted::attempts ? GiveUp::Why::attempts
                                                     : GiveUp::Why::deadline);
  }
  denied_ = false;
  for (const auto urgency : {Urgency::normal, Urgency::outage}) {
    if (auto* place = choose(now, urgency)) return commit(*place, now, urgency);
  }
  return wait_or_give_up(now);
}

Failover::Place* Failover::choose(Time now, Urgency urgency) {
  if (auto* place = preferred(now, urgency)) return place;
  if (auto* place = first(now, urgency, [](const Place& p) { return p.calls == 0; })) return place;
  return first(now, urgency, [](const Place& p) { return p.calls > 0; });
}

// The next candidate by the failover table, when there is one.
Failover::Place* Failover::preferred(Time now, Urgency urgency) {
  if (!last_ || !last_error_) return nullptr;
  const auto& set = table_.candidates();
  const auto& from = set.facts(*last_);
  switch (rule_of(*last_error_).step) {
    case Step::retry_here:
    case Step::correct:
      return first(now, urgency, [&](const Place& p) { return p.id == *last_; });
    case Step::next_key:
      return first(now, urgency, [&](const Place& p) {
        const auto& to = set.facts(p.id);
        return p.calls == 0 && to.model == from.model && to.key != from.key;
      });
    case Step::next_endpoint:
      return first(now, urgency, [&](const Place& p) {
        const auto& to = set.facts(p.id);
        return p.calls == 0 && to.model == from.model && to.endpoint != from.endpoint;
      });
    default:
      return nullptr;
  }
}

template <class Fits>
Failover::Place* Failover::first(Time now, Urgency urgency, Fits&& fits) {
  for (auto& place : places_) {
    if (fits(place) && obstacle(place, now, urgency) == Obstacle::none && pays(place, now))
      return &place;
  }
  return nullptr;
}

Failover::Obstacle Failover::obstacle(const Place& place, Time now, Urgency urgency) const {
  if (place.over || place.calls >= policy_.per_candidate) return Obstacle::over;
  const auto context = table_.candidates().facts(place.id).context_length;
  if (context != 0 && context <= needs_context_over_) return Obstacle::over;
  if (budget_.refuses(now, worst_case_of(place)) == Exhausted::cost) return Obstacle::cost;
  if (table_.free_at(place.id, now, request_.tokens, urgency) > now) return Obstacle::unavailable;
  return Obstacle::none;
}

// The first call of a prompt and calls to candidates that work are free. Every other call is a
// retry, of which the module allows a limited number.
bool Failover::pays(Place& place, Time now) {
  place.charged = false;
  if (budget_.attempts() == 0) return true;
  if (place.calls == 0 && table_.proven(place.id, now)) return true;
  place.charged = retries_.take(now);
  denied_ = denied_ || !place.charged;
  return place.charged;
}

Attempt Failover::commit(Place& place, Time now, Urgency urgency) {
  const auto delay = pause_before(place, now);
  const auto worst = worst_case_of(place);
  const bool correction = std::exchange(place.to_correct, false);
  if (correction) corrected_.push_back(table_.candidates().facts(place.id).model);
  ++place.calls;
  budget_.started(worst);
  notes_.push_back({.candidate = place.id,
                    .began = after(now, delay),
                    .worst = worst,
                    .correction = correction});
  return {place.id, delay, urgency, correction};
}

// A call that tells what was wrong is longer than the first one.
NanoUsd Failover::worst_case_of(const Place& place) const {
  const auto first = request_.cost_of(place.id);
  return place.to_correct && first >= 0 ? std::max(first, place.correction_cost) : first;
}

bool Failover::was_corrected(const Place& place) const {
  return std::ranges::count(corrected_, table_.candidates().facts(place.id).model) > 0;
}

// Only who is asked again needs a pause, and not when it answers, if badly.
Duration Failover::pause_before(const Place& place, Time now) {
  const bool answered = last_ == place.id && last_error_ == ErrorKind::unusable;
  if (place.calls == 0 || answered) return Duration::zero();
  const auto pause = backoff(policy_.backoff, ++pauses_, random_);
  const auto& limits = policy_.limits;
  if (limits.deadline == Time::max()) return pause;
  return std::clamp<Duration>(
      pause, Duration::zero(),
      std::max<Duration>(Duration::zero(), limits.deadline - now - limits.least_call));
}

Action Failover::wait_or_give_up(Time now) {
  if (places_.empty()) return give_up(GiveUp::Why::no_candidate);
  if (denied_) return give_up(GiveUp::Why::retry_budget);
  Time soonest = Time::max();
  bool too_dear = false;
  for (const auto& place : places_) {
    const auto why = obstacle(place, now, Urgency::outage);
    too_dear = too_dear || why == Obstacle::cost;
    if (why == Obstacle::unavailable)
      soonest = std::min(soonest, table_.free_at(place.id, now, request_.tokens, Urgency::outage));
  }
  if (soonest == Time::max())
    return give_up(too_dear ? GiveUp::Why::cost : GiveUp::Why::all_failed);
  // Prompts that wait for the same candidate must not all return at the same moment.
  const auto spread =
      std::chrono::duration_cast<Duration>(table_.policy().probe_poll * (random_.unit() / 2));
  const auto until = after(soonest, spread);
  const bool in_time = !budget_.refuses(until, 0);
  if (!in_time || waited_ + (until - now) > policy_.longest_wait)
    return give_up(GiveUp::Why::unavailable, soonest);
  waited_ += until - now;
  return Wait{until};
}

GiveUp Failover::give_up(GiveUp::Why why, std::optional<Time> recovers_at) const {
  return {why, budget_.attempts(), last_error_, recovers_at};
}

// The attempt counts neither for the prompt nor for the module's retries.
void Failover::take_back(Place& place, NanoUsd worst, NanoUsd cost) {
  --place.calls;
  if (std::exchange(place.charged, false)) retries_.give_back();
  budget_.taken_back(worst, cost);
}

AttemptNote* Failover::running(CandidateId id) {
  const auto note = std::ranges::find_if(
      notes_, [&](const AttemptNote& n) { return n.candidate == id && !n.ended; });
  return note == notes_.end() ? nullptr : &*note;
}

void Failover::not_admitted(CandidateId id) {
  auto* note = running(id);
  auto& place = place_of(id);
  take_back(place, note == nullptr ? request_.cost_of(id) : note->worst, 0);
  if (note == nullptr) return;
  place.to_correct = note->correction;
  notes_.erase(notes_.begin() + (note - notes_.data()));
}

void Failover::refused(CandidateId id, ErrorKind kind) {
  not_admitted(id);
  place_of(id).over = true;
  last_ = id;
  last_error_ = kind;
}

void Failover::ended(CandidateId id, const CallOutcome& outcome, Time now) {
  auto* note = running(id);
  const auto worst = note == nullptr ? request_.cost_of(id) : note->worst;
  if (outcome.error == ErrorKind::stale_connection && renewals_ < kFreeRenewals) {
    ++renewals_;
    take_back(place_of(id), worst, outcome.cost);
  } else {
    budget_.settled(worst, outcome.cost);
  }
  if (note != nullptr) {
    note->ended = now;
    note->error = outcome.error;
    // Without an answer to it, what was to be said has still to be said.
    if (note->correction && outcome.error) place_of(id).to_correct = true;
  }
  last_ = id;
  last_error_ = outcome.error;
  if (outcome.error) follow(place_of(id), outcome);
}

void Failover::follow(Place& place, const CallOutcome& outcome) {
  const auto kind = *outcome.error;
  const auto& rule = rule_of(kind);
  const auto& set = table_.candidates();
  if (rule.again == Again::no) place.over = true;
  if (kind == ErrorKind::context_too_long)
    needs_context_over_ = std::max(needs_context_over_, set.facts(place.id).context_length);
  if (rule.step == Step::correct && !was_corrected(place)) {
    place.to_correct = true;
    place.correction_cost = outcome.correction_cost;
    return;
  }
  if (rule.step == Step::next_model || rule.step == Step::correct) leave_model(place);
}

// Its siblings would answer the same.
void Failover::leave_model(const Place& place) {
  const auto& set = table_.candidates();
  const auto model = set.facts(place.id).model;
  for (auto& sibling : places_) {
    if (set.facts(sibling.id).model == model) sibling.over = true;
  }
}

std::optional<Attempt> Failover::hedge(Time now) {
  if (budget_.refuses(now, 0)) return std::nullopt;
  const auto callable = [&](const Place& place) {
    return obstacle(place, now, Urgency::normal) == Obstacle::none;
  };
  auto chosen = std::ranges::find_if(
      places_, [&](const Place& place) { return place.calls == 0 && callable(place); });
  if (chosen == places_.end()) chosen = std::ranges::find_if(places_, callable);
  if (chosen == places_.end()) return std::nullopt;
  chosen->charged = false;
  auto attempt = commit(*chosen, now, Urgency::normal);
  attempt.delay = Duration::zero();
  notes_.back().began = now;
  return attempt;
}

Failover::Place& Failover::place_of(CandidateId id) {
  return *std::ranges::find(places_, id, &Place::id);
}

}  // namespace gvm::routing
