// Writes decision records. What they look like: docs/operators.md.
#include "dispatch/decision.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"

namespace gvm::dispatch {
namespace {

using routing::CandidateId;
using routing::CandidateState;

Value text(std::string_view s) {
  return Value::string(std::string(s));
}

Value number(auto n) {
  return Value::integer(static_cast<std::int64_t>(n));
}

Value numbers(const auto& all) {
  Value::Array out;
  for (const auto n : all) out.push_back(number(n));
  return Value::array(std::move(out));
}

// How much of the long parts stays.
struct Room {
  std::size_t ranked = SIZE_MAX;
  std::size_t rejected = SIZE_MAX;
  std::size_t named = SIZE_MAX;  // of each of the two
  bool state = true;             // and costs: without them the choice cannot be made again
  bool attempted = true;         // names of the candidates that were called
  bool words = true;             // of providers
};

// Parts that are least useful to a person are removed first.
constexpr Room kRooms[] = {
    {},
    {.words = false},
    {.ranked = 16, .rejected = 10, .named = 6, .words = false},
    {.ranked = 8, .rejected = 6, .named = 4, .words = false},
    {.ranked = 4, .rejected = 2, .named = 2, .words = false},
    {.ranked = 1, .rejected = 0, .named = 1, .words = false},
    {.ranked = 8, .rejected = 4, .named = 4, .state = false, .words = false},
    {.ranked = 4, .rejected = 2, .named = 2, .state = false, .words = false},
    {.ranked = 1, .rejected = 0, .named = 1, .state = false, .words = false},
    {.ranked = 1, .rejected = 0, .named = 0, .state = false, .attempted = false, .words = false}};

// [candidate, why] each.
template <class Rows>
Value rows(const Rows& all, std::size_t most) {
  Value::Array out;
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i) {
    Value::Array row;
    row.push_back(number(all[i].candidate));
    row.push_back(Value::string(routing::to_text(all[i])));
    out.push_back(Value::array(std::move(row)));
  }
  return Value::array(std::move(out));
}

// [candidate, end, after, took, reserved, charged], and true for a second call beside a slow one;
// behind that true for one that told what was wrong with the last answer.
Value attempts(const Decision& decision) {
  Value::Array out;
  for (const auto& each : decision.attempts) {
    Value::Array row;
    row.push_back(number(each.candidate));
    row.push_back(text(each.end.empty() ? "ok" : each.end));
    for (const auto n : {each.after_us, each.took_us, each.reserved, each.charged})
      row.push_back(number(n));
    if (each.hedge || each.correction) row.push_back(Value::boolean(each.hedge));
    if (each.correction) row.push_back(Value::boolean(true));
    out.push_back(Value::array(std::move(row)));
  }
  return Value::array(std::move(out));
}

// What providers said of failures, by the place of the attempt.
Value words(const Decision& decision) {
  Value out = Value::map();
  for (std::size_t i = 0; i < decision.attempts.size(); ++i)
    if (const auto& said = decision.attempts[i].said; !said.empty())
      out.as_map()->set(std::to_string(i), text(said));
  return out;
}

Value names(const Decision& d, const routing::CandidateSet& set, const Room& room) {
  std::set<CandidateId> told;
  const auto tell = [&](const auto& all, std::size_t kept) {
    for (std::size_t i = 0; i < std::min({all.size(), kept, room.named}); ++i)
      told.insert(all[i].candidate);
  };
  tell(d.ranking.ranked, room.ranked);
  tell(d.ranking.rejected, room.rejected);
  if (room.attempted)
    for (const auto& each : d.attempts) told.insert(each.candidate);
  Value out = Value::map();
  for (const auto id : told)
    if (id < set.size()) out.as_map()->set(std::to_string(id), text(set.label(id)));
  return out;
}

std::string cut_of(const Decision& d, const Room& room, bool attempts_cut) {
  std::string cut;
  const auto add = [&](bool is_cut, std::string_view what) {
    if (is_cut) cut += fmt::format("{}{}", cut.empty() ? "" : ", ", what);
  };
  add(room.ranked < d.ranking.ranked.size(), "order");
  add(room.rejected < d.ranking.rejected.size(), "rejected");
  add(!room.state, "state");
  add(attempts_cut, "attempts");
  add(!room.words && std::ranges::any_of(d.attempts, [](const auto& a) { return !a.said.empty(); }),
      "said");
  return cut;
}

Value value_of(const Decision& d, const routing::CandidateSet& set, const Room& room,
               bool attempts_cut) {
  Value value = Value::fields(
      "v", number(Decision::kVersion), "id", text(d.id), "at",
      Value::string(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                                std::chrono::floor<std::chrono::milliseconds>(d.at))),
      "policy", text(d.policy), "prices", text(d.prices), "strategy", text(d.strategy), "seed",
      Value::string(fmt::format("{:016x}", d.seed)), "json", Value::boolean(d.needs_json), "image",
      Value::boolean(d.needs_image), "tokens", number(d.tokens), "names", names(d, set, room),
      "order", rows(d.ranking.ranked, room.ranked), "rejected",
      rows(d.ranking.rejected, room.rejected), "attempts", attempts(d), "outcome", text(d.outcome));
  Value::Map& map = *value.as_map();
  Value::Array of;
  of.push_back(number(d.ranking.ranked.size()));
  of.push_back(number(d.ranking.rejected.size()));
  map.set("of", Value::array(std::move(of)));
  if (d.answer_limit != 0) map.set("answer_limit", number(d.answer_limit));
  if (room.state && !d.excluded.empty()) map.set("excluded", numbers(d.excluded));
  if (room.state && !d.costs.empty()) map.set("costs", numbers(d.costs));
  if (room.state) map.set("state", text(d.state));
  if (room.words) {
    Value said = words(d);
    if (!said.as_map()->empty()) map.set("said", std::move(said));
  }
  if (auto cut = cut_of(d, room, attempts_cut); !cut.empty())
    map.set("cut", Value::string(std::move(cut)));
  return value;
}

// Records only what the choice depended on: one fact for each rejected candidate, and for the
// ranked ones what their strategy reads.
CandidateState looked_at(const CandidateState& s, const routing::Rejected& rejected) {
  using routing::Rejection;
  CandidateState out;
  switch (rejected.reason) {
    case Rejection::learned_no_json:
      out.no_json = s.no_json;
      break;
    case Rejection::learned_no_image:
      out.no_image = s.no_image;
      break;
    case Rejection::requests_full:
      out.requests = s.requests;
      break;
    case Rejection::tokens_full:
      out.tokens = s.tokens;
      break;
    case Rejection::cooling:
    case Rejection::open:
    case Rejection::key_open:
    case Rejection::endpoint_open:
      out.availability = s.availability;
      out.recovers_in = s.recovers_in;
      break;
    default:  // nothing of its state
      break;
  }
  return out;
}

CandidateState looked_at(const CandidateState& s, const routing::Ranked& ranked,
                         const routing::CandidateLimits& limits,
                         std::optional<routing::Strategy> strategy) {
  using routing::Availability;
  const bool full = ranked.reason == routing::Reason::full;
  const bool by_latency = strategy == routing::Strategy::latency;
  const bool by_usage = strategy == routing::Strategy::usage;
  CandidateState out;
  if (s.availability == Availability::ramping || s.availability == Availability::probe)
    out.availability = s.availability;
  if (s.availability == Availability::ramping) out.share = s.share;
  if (full || by_latency || strategy == routing::Strategy::least_busy) out.calls = s.calls;
  if (full) out.backend_calls = s.backend_calls;
  if (by_latency) out.latency = s.latency;
  if (by_usage && limits.requests_per_minute != 0) out.requests = s.requests;
  if (by_usage && limits.tokens_per_minute != 0) out.tokens = s.tokens;
  return out;
}

// State and costs without what makes no difference.
void shorten(Decision& d, const routing::CandidateSet& set) {
  auto snapshot = routing::parse_snapshot(d.state);
  if (!snapshot || snapshot->size() != set.size()) return;
  const auto strategy = routing::parse_strategy(d.strategy);
  for (const auto& each : d.ranking.ranked) {
    auto& state = (*snapshot)[each.candidate];
    state = looked_at(state, each, set.facts(each.candidate).limits, strategy);
  }
  for (const auto& each : d.ranking.rejected) {
    auto& state = (*snapshot)[each.candidate];
    state = looked_at(state, each);
    if (each.candidate < d.costs.size() && each.reason != routing::Rejection::too_expensive)
      d.costs[each.candidate] = routing::kUnknownCost;
  }
  d.state = routing::to_text(*snapshot);
}

// Refused by a budget before anything was sent, so it took no time.
bool was_refused(const DecisionAttempt& attempt) {
  return attempt.took_us == 0 &&
         attempt.end == routing::name_of(routing::ErrorKind::payment_required);
}

}  // namespace

std::string to_text(const Decision& decision, const routing::CandidateSet& candidates,
                    std::size_t most) {
  auto written = json::write(value_of(decision, candidates, kRooms[0], false));
  if (written.size() <= most) return written;
  Decision less = decision;
  shorten(less, candidates);
  bool attempts_cut = false;
  const auto fits = [&](bool with_state) {
    for (const auto& room : kRooms) {
      if (room.state != with_state) continue;
      written = json::write(value_of(less, candidates, room, attempts_cut));
      if (written.size() <= most) return true;
    }
    return false;
  };
  if (fits(true)) return written;
  attempts_cut = std::erase_if(less.attempts, was_refused) > 0;
  if (attempts_cut && fits(true)) return written;
  if (fits(false)) return written;
  // The last calls matter most.
  while (!less.attempts.empty() && written.size() > most) {
    less.attempts.erase(less.attempts.begin());
    written = json::write(value_of(less, candidates, std::end(kRooms)[-1], true));
  }
  return written;
}

}  // namespace gvm::dispatch
