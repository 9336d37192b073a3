// Writes decision records. What they look like: docs/operators.md.
#include "dispatch/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/json_writer.h"
#include "base/utc_text.h"

namespace gvm::dispatch {
namespace {

using routing::CandidateId;
using routing::CandidateState;

void write_numbers(json::Writer& out, const auto& all) {
  out.begin_array();
  for (const auto n : all) out.number(n);
  out.end_array();
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
void write_rows(json::Writer& out, const auto& all, std::size_t most) {
  out.begin_array();
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i) {
    out.begin_array();
    out.number(all[i].candidate);
    out.string(routing::to_text(all[i]));
    out.end_array();
  }
  out.end_array();
}

// [candidate, end, after, took, reserved, charged], and true for a second call beside a slow one;
// behind that true for one that told what was wrong with the last answer.
void write_attempt(json::Writer& out, const DecisionAttempt& attempt) {
  out.begin_array();
  out.number(attempt.candidate);
  out.string(attempt.end.empty() ? "ok" : attempt.end);
  for (const auto n : {attempt.after_us, attempt.took_us, attempt.reserved, attempt.charged})
    out.number(n);
  if (attempt.hedge || attempt.correction) out.boolean(attempt.hedge);
  if (attempt.correction) out.boolean(true);
  out.end_array();
}

void write_attempts(json::Writer& out, const Decision& d) {
  out.begin_array();
  for (const auto& each : d.attempts) write_attempt(out, each);
  out.end_array();
}

bool has_words(const Decision& d) {
  return std::ranges::any_of(d.attempts, [](const auto& a) { return !a.said.empty(); });
}

// What providers said of failures, by the place of the attempt.
void write_words(json::Writer& out, const Decision& d) {
  out.begin_object();
  for (std::size_t i = 0; i < d.attempts.size(); ++i) {
    if (d.attempts[i].said.empty()) continue;
    out.key(std::to_string(i));
    out.string(d.attempts[i].said);
  }
  out.end_object();
}

void write_names(json::Writer& out, const Decision& d, const routing::CandidateSet& set,
                 const Room& room) {
  std::set<CandidateId> told;
  const auto tell = [&](const auto& all, std::size_t kept) {
    for (std::size_t i = 0; i < std::min({all.size(), kept, room.named}); ++i)
      told.insert(all[i].candidate);
  };
  tell(d.ranking.ranked, room.ranked);
  tell(d.ranking.rejected, room.rejected);
  if (room.attempted)
    for (const auto& each : d.attempts) told.insert(each.candidate);
  out.begin_object();
  for (const auto id : told) {
    if (id >= set.size()) break;
    out.key(std::to_string(id));
    out.string(set.label(id));
  }
  out.end_object();
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
  add(!room.words && has_words(d), "said");
  return cut;
}

// Members with one value.
void write_facts(json::Writer& out, const Decision& d) {
  const auto text = [&out](std::string_view key, std::string_view value) {
    out.key(key);
    out.string(value);
  };
  out.key("v");
  out.number(Decision::kVersion);
  text("id", d.id);
  text("at", utc_text(d.at));
  text("policy", d.policy);
  text("prices", d.prices);
  text("strategy", d.strategy);
  text("seed", fmt::format("{:016x}", d.seed));
  out.key("json");
  out.boolean(d.needs_json);
  out.key("image");
  out.boolean(d.needs_image);
  out.key("tokens");
  out.number(d.tokens);
  text("outcome", d.outcome);
  if (d.holds.images || d.holds.personal_data)
    text("holds", fmt::format("{}{}", d.holds.images ? "images " : "",
                              d.holds.personal_data ? "personal_data" : ""));
  if (d.demand.any())
    text("demand",
         fmt::format("{}{}{}", fmt::join(d.demand.regions, " or "),
                     d.demand.regions.empty() || !d.demand.zero_retention_only ? "" : ", ",
                     d.demand.zero_retention_only ? "zero retention" : ""));
  if (d.answer_limit == 0) return;
  out.key("answer_limit");
  out.number(d.answer_limit);
}

void write_order(json::Writer& out, const routing::Ranking& ranking, const Room& room) {
  out.key("of");
  write_numbers(out, std::array{ranking.ranked.size(), ranking.rejected.size()});
  out.key("order");
  write_rows(out, ranking.ranked, room.ranked);
  out.key("rejected");
  write_rows(out, ranking.rejected, room.rejected);
}

// Without it the choice cannot be made again.
void write_state(json::Writer& out, const Decision& d) {
  if (!d.excluded.empty()) {
    out.key("excluded");
    write_numbers(out, d.excluded);
  }
  if (!d.tiers.empty()) {
    out.key("tiers");
    write_numbers(out, d.tiers);
  }
  if (!d.unfit.empty()) {
    std::vector<unsigned> unfit;
    for (const auto rule : d.unfit) unfit.push_back(static_cast<unsigned>(rule));
    out.key("unfit");
    write_numbers(out, unfit);
  }
  if (!d.costs.empty()) {
    out.key("costs");
    write_numbers(out, d.costs);
  }
  out.key("state");
  out.string(d.state);
}

std::string write_record(const Decision& d, const routing::CandidateSet& set, const Room& room,
                         bool attempts_cut) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  write_facts(out, d);
  if (!d.greybox.is_null()) {
    out.key("greybox");
    out.value(d.greybox);
  }
  out.key("names");
  write_names(out, d, set, room);
  write_order(out, d.ranking, room);
  if (room.state) write_state(out, d);
  out.key("attempts");
  write_attempts(out, d);
  if (room.words && has_words(d)) {
    out.key("said");
    write_words(out, d);
  }
  if (const auto cut = cut_of(d, room, attempts_cut); !cut.empty()) {
    out.key("cut");
    out.string(cut);
  }
  out.end_object();
  return text;
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
  auto written = write_record(decision, candidates, kRooms[0], false);
  if (written.size() <= most) return written;
  Decision less = decision;
  shorten(less, candidates);
  bool attempts_cut = false;
  const auto fits = [&](bool with_state) {
    for (const auto& room : kRooms) {
      if (room.state != with_state) continue;
      written = write_record(less, candidates, room, attempts_cut);
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
    written = write_record(less, candidates, std::end(kRooms)[-1], true);
  }
  return written;
}

}  // namespace gvm::dispatch
