#include "routing/health.h"

#include <algorithm>
#include <utility>

#include "routing/random.h"

namespace gvm::routing {
namespace {

// Breakers of different rows use different salts, so that their probes do not coincide.
constexpr std::uint32_t kEndpointSalt = 0x10000;
constexpr std::uint32_t kKeySalt = 0x20000;

void lengthen(std::atomic<std::uint64_t>& until, std::uint64_t when) {
  auto old = until.load(std::memory_order_relaxed);
  while (old < when && !until.compare_exchange_weak(old, when, std::memory_order_relaxed)) {
  }
}

std::uint64_t seconds_of(Time now) {
  return to_micros(now) / 1'000'000;
}

// True while the clock's seconds are below the value in the row.
void remember(std::atomic<std::uint32_t>& until, Time now, milliseconds span) {
  const auto seconds = seconds_of(now) + to_micros(span) / 1'000'000 + 1;
  const auto when = static_cast<std::uint32_t>(std::min<std::uint64_t>(seconds, UINT32_MAX));
  auto old = until.load(std::memory_order_relaxed);
  while (old < when && !until.compare_exchange_weak(old, when, std::memory_order_relaxed)) {
  }
}

template <class T>
void copy(std::atomic<T>& to, const std::atomic<T>& from) {
  to.store(from.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

bool is_timeout(ErrorKind kind) {
  return kind == ErrorKind::first_byte_timeout || kind == ErrorKind::idle_timeout ||
         kind == ErrorKind::total_timeout;
}

}  // namespace

HealthTable::HealthTable(std::shared_ptr<const CandidateSet> candidates, HealthPolicy policy)
    : candidates_(std::move(candidates)),
      policy_(policy),
      rows_(candidates_->size()),
      usage_(candidates_->keys()),
      endpoints_(candidates_->endpoints()),
      keys_(candidates_->keys()),
      backends_(candidates_->backends()),
      histograms_(candidates_->size()) {}

std::expected<Call, AdmissionRefusal> HealthTable::begin(CandidateId id, Time now,
                                                         std::uint32_t tokens, Urgency urgency) {
  const auto& facts = candidates_->facts(id);
  auto& row = rows_[id];
  const bool may_refuse = urgency != Urgency::regardless;
  if (may_refuse && to_micros(now) < row.cooldown_until.load(std::memory_order_relaxed))
    return std::unexpected(AdmissionRefusal::unavailable);

  auto& endpoint = endpoints_[facts.endpoint].breaker;
  auto& key = keys_[facts.key].breaker;
  Call::Admissions got{};
  const auto give_back = [&](AdmissionRefusal refusal) {
    endpoint.neutral(got[0]);
    key.neutral(got[1]);
    row.breaker.neutral(got[2]);
    return std::unexpected(refusal);
  };
  got[0] = endpoint.admit(now, policy_.endpoint, kEndpointSalt + facts.endpoint, urgency);
  if (may_refuse && got[0] == Admission::refused) return give_back(AdmissionRefusal::unavailable);
  got[1] = key.admit(now, policy_.key, kKeySalt + facts.key, urgency);
  if (may_refuse && got[1] == Admission::refused) return give_back(AdmissionRefusal::unavailable);
  got[2] = row.breaker.admit(now, policy_.candidate, id, urgency);
  if (may_refuse && got[2] == Admission::refused) return give_back(AdmissionRefusal::unavailable);

  auto& usage = usage_[facts.key];
  const auto limits = may_refuse ? facts.limits : CandidateLimits{};  // 0: counted, never refused
  if (!usage.requests.try_add(now, 1, limits.requests_per_minute))
    return give_back(AdmissionRefusal::requests_full);
  if (!usage.tokens.try_add(now, tokens, limits.tokens_per_minute)) {
    usage.requests.adjust(now, -1);
    return give_back(AdmissionRefusal::tokens_full);
  }
  row.in_flight.enter(now);
  backends_[facts.backend].calls.fetch_add(1, std::memory_order_relaxed);
  return Call(*this, id, now, tokens, got);
}

void HealthTable::leave(const Call& call) {
  rows_[call.id_].in_flight.leave(call.started_);
  backends_[candidates_->facts(call.id_).backend].calls.fetch_sub(1, std::memory_order_relaxed);
}

void HealthTable::abandon(const Call& call) {
  const auto& facts = candidates_->facts(call.id_);
  endpoints_[facts.endpoint].breaker.neutral(call.admissions_[0]);
  keys_[facts.key].breaker.neutral(call.admissions_[1]);
  rows_[call.id_].breaker.neutral(call.admissions_[2]);
  leave(call);
}

void HealthTable::finish(const Call& call, const CallOutcome& outcome, Time now) {
  leave(call);
  learn_speed(call, outcome.error, now);
  if (outcome.tokens) {
    const auto most = std::uint64_t{1} << 36;
    usage_[candidates_->facts(call.id_).key].tokens.adjust(
        now, static_cast<std::int64_t>(std::min(*outcome.tokens, most)) - call.tokens_);
  }
  const auto& facts = candidates_->facts(call.id_);
  if (!outcome.error) {
    endpoints_[facts.endpoint].breaker.succeeded(now, call.started_, call.admissions_[0],
                                                 policy_.endpoint);
    keys_[facts.key].breaker.succeeded(now, call.started_, call.admissions_[1], policy_.key);
    rows_[call.id_].breaker.succeeded(now, call.started_, call.admissions_[2], policy_.candidate);
    return;
  }
  auto rule = rule_of(*outcome.error);
  if (rule.kind == ErrorKind::deadline && now - call.started_ >= policy_.deadline_blame) {
    rule.effect = Effect::failure;
    rule.blame = Blame::candidate;
  }
  judge(call, rule, now);
  if (rule.effect == Effect::cooldown) rows_[call.id_].breaker.doubt();
  if (rule.effect == Effect::capability) learn_capability(call.id_, rule.kind, now);
  // Zero, or a date that has passed, does not say how long a limit lasts.
  if (rule.retry_after == RetryAfter::honoured &&
      outcome.retry_after.value_or(milliseconds(0)).count() > 0)
    cool_down(call.id_, now, std::max(*outcome.retry_after, policy_.shortest_cooldown));
  else if (rule.effect == Effect::cooldown)
    cool_down(call.id_, now, policy_.cooldown);
}

void HealthTable::judge(const Call& call, const FailoverRule& rule, Time now) {
  const auto& facts = candidates_->facts(call.id_);
  const bool harmful = rule.effect == Effect::failure || rule.effect == Effect::decisive;
  const bool answered = rule.answered == Answered::yes;
  const auto severity = rule.effect == Effect::decisive ? Severity::decisive : Severity::failure;
  const auto apply = [&](Blame part, Breaker& breaker, Admission got, const BreakerPolicy& policy) {
    if (harmful && rule.blame == part)
      breaker.failed(now, call.started_, got, severity, policy);
    else if (answered && (!harmful || part == Blame::endpoint))
      breaker.alive(now, got);
    else
      breaker.neutral(got);
  };
  apply(Blame::endpoint, endpoints_[facts.endpoint].breaker, call.admissions_[0], policy_.endpoint);
  apply(Blame::key, keys_[facts.key].breaker, call.admissions_[1], policy_.key);
  apply(Blame::candidate, rows_[call.id_].breaker, call.admissions_[2], policy_.candidate);
}

void HealthTable::learn_speed(const Call& call, std::optional<ErrorKind> error, Time now) {
  const auto took = now - call.started_;
  auto& row = rows_[call.id_];
  auto& histogram = histograms_[call.id_];
  if (!error || is_timeout(*error)) {
    row.latency.observe(now, took, policy_.latency);
    histogram.add(took);
  } else if (*error == ErrorKind::cancelled || *error == ErrorKind::deadline) {
    row.latency.observe_at_least(now, took);
    // The slower call of a hedge is counted in the distribution as a slow one; a call that the
    // client cancelled early says nothing.
    if (const auto median = histogram.quantile(0.5); median && took >= *median) histogram.add(took);
  }
}

void HealthTable::learn_capability(CandidateId id, ErrorKind kind, Time now) {
  auto& row = rows_[id];
  remember(kind == ErrorKind::capability_json ? row.no_json_until : row.no_image_until, now,
           policy_.capability_memory);
}

void HealthTable::cool_down(CandidateId id, Time now, Duration span) {
  const auto bounded = std::min<Duration>(span, policy_.longest_cooldown);
  lengthen(rows_[id].cooldown_until, to_micros(now) + to_micros(bounded));
}

void HealthTable::read_breakers(CandidateId id, Time now, Urgency urgency,
                                CandidateState& out) const {
  const auto& facts = candidates_->facts(id);
  const auto us = to_micros(now);
  const auto worst = [&](Availability what, std::uint64_t wait) {
    if (out.recovers_in == 0 || wait > out.recovers_in) out.availability = what;
    out.recovers_in = std::max(out.recovers_in, wait);
  };
  const auto read = [&](const Breaker& breaker, const BreakerPolicy& policy, std::uint32_t salt,
                        Availability when_open) {
    if (breaker.untroubled()) return;
    const auto view = breaker.view(now, policy, salt, urgency);
    if (view.state == BreakerState::half_open) {
      worst(when_open, to_micros(policy_.probe_poll));
    } else if (view.state == BreakerState::open && view.probe_due > us) {
      worst(when_open, view.probe_due - us);
    } else if (view.state == BreakerState::open) {
      if (out.recovers_in == 0) out.availability = Availability::probe;
    } else if (view.share < out.share) {
      out.share = view.share;
      if (out.availability == Availability::ready) out.availability = Availability::ramping;
    }
  };
  const auto& row = rows_[id];
  read(row.breaker, policy_.candidate, id, Availability::open);
  read(keys_[facts.key].breaker, policy_.key, kKeySalt + facts.key, Availability::key_open);
  read(endpoints_[facts.endpoint].breaker, policy_.endpoint, kEndpointSalt + facts.endpoint,
       Availability::endpoint_open);
  const auto until = row.cooldown_until.load(std::memory_order_relaxed);
  if (until > us) worst(Availability::cooling, until - us);
}

CandidateState HealthTable::state(CandidateId id, Time now, Urgency urgency) const {
  const auto& facts = candidates_->facts(id);
  const auto& row = rows_[id];
  CandidateState out;
  read_breakers(id, now, urgency, out);
  const auto seconds = seconds_of(now);
  out.no_json = seconds < row.no_json_until.load(std::memory_order_relaxed);
  out.no_image = seconds < row.no_image_until.load(std::memory_order_relaxed);
  const auto flight = row.in_flight.read(now);
  out.calls = flight.calls;
  out.backend_calls = backends_[facts.backend].calls.load(std::memory_order_relaxed);
  out.latency = std::max(row.latency.estimate(now, policy_.latency), flight.mean_age);
  if (facts.limits.requests_per_minute != 0)
    out.requests = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(usage_[facts.key].requests.used(now), UINT32_MAX));
  if (facts.limits.tokens_per_minute != 0) out.tokens = usage_[facts.key].tokens.used(now);
  return out;
}

void HealthTable::snapshot(Time now, Snapshot& out) const {
  out.resize(candidates_->size());
  for (CandidateId id = 0; id < out.size(); ++id) out[id] = state(id, now);
}

Time HealthTable::free_at(CandidateId id, Time now, std::uint32_t tokens, Urgency urgency) const {
  CandidateState state;
  read_breakers(id, now, urgency, state);
  const auto& facts = candidates_->facts(id);
  const auto& limits = facts.limits;
  const auto& usage = usage_[facts.key];
  const Duration wait =
      std::max({std::chrono::duration_cast<Duration>(microseconds(state.recovers_in)),
                usage.requests.fits_in(now, 1, limits.requests_per_minute),
                usage.tokens.fits_in(now, tokens, limits.tokens_per_minute)});
  return after(now, wait);
}

bool HealthTable::proven(CandidateId id, Time now) const {
  const auto& facts = candidates_->facts(id);
  const auto good = [&](const Breaker& breaker, const BreakerPolicy& policy) {
    return breaker.view(now, policy, 0, Urgency::normal).proven;
  };
  return good(rows_[id].breaker, policy_.candidate) &&
         good(keys_[facts.key].breaker, policy_.key) &&
         good(endpoints_[facts.endpoint].breaker, policy_.endpoint);
}

BreakerState HealthTable::breaker(CandidateId id, Time now) const {
  return rows_[id].breaker.view(now, policy_.candidate, id, Urgency::normal).state;
}

void HealthTable::inherit(const HealthTable& old) {
  for (CandidateId id = 0; id < rows_.size(); ++id) {
    const auto same = old.candidates_->find(candidates_->label(id));
    if (!same) continue;
    const auto& from = old.rows_[*same];
    auto& to = rows_[id];
    to.breaker.inherit(from.breaker);
    to.latency.inherit(from.latency);
    copy(to.cooldown_until, from.cooldown_until);
    copy(to.no_json_until, from.no_json_until);
    copy(to.no_image_until, from.no_image_until);
    const auto& facts = candidates_->facts(id);
    const auto& before = old.candidates_->facts(*same);
    usage_[facts.key].requests.inherit(old.usage_[before.key].requests);
    usage_[facts.key].tokens.inherit(old.usage_[before.key].tokens);
    endpoints_[facts.endpoint].breaker.inherit(old.endpoints_[before.endpoint].breaker);
    keys_[facts.key].breaker.inherit(old.keys_[before.key].breaker);
  }
}

Call::Call(Call&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)),
      id_(other.id_),
      tokens_(other.tokens_),
      started_(other.started_),
      admissions_(other.admissions_) {}

Call& Call::operator=(Call&& other) noexcept {
  if (this == &other) return *this;
  if (table_ != nullptr) table_->abandon(*this);
  table_ = std::exchange(other.table_, nullptr);
  id_ = other.id_;
  tokens_ = other.tokens_;
  started_ = other.started_;
  admissions_ = other.admissions_;
  return *this;
}

Call::~Call() {
  if (table_ != nullptr) table_->abandon(*this);
}

void Call::finish(const CallOutcome& outcome, Time now) {
  if (auto* table = std::exchange(table_, nullptr)) table->finish(*this, outcome, now);
}

}  // namespace gvm::routing
