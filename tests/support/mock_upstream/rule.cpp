#include "support/mock_upstream/rule.h"

#include <algorithm>

namespace gvm::mock {
namespace {

// Random sequences, separate from those of the rules' indexes.
constexpr std::uint64_t kLatencyStream = ~std::uint64_t{0};

bool has_header(const Call& call, const std::pair<std::string, std::string>& wanted) {
  return std::ranges::any_of(call.headers, [&](const auto& header) {
    return header.first == wanted.first && header.second.find(wanted.second) != std::string::npos;
  });
}

bool fits(const When& when, const Call& call) {
  if (when.form && *when.form != call.form) return false;
  if (when.json && *when.json != call.json) return false;
  if (when.model && *when.model != call.model) return false;
  if (when.key && *when.key != call.key) return false;
  if (when.session && *when.session != call.session) return false;
  if (call.text.find(when.prompt) == std::string::npos) return false;
  return std::ranges::all_of(when.headers, [&](const auto& h) { return has_header(call, h); });
}

std::string_view whose_turn(Per per, const Call& call) {
  switch (per) {
    case Per::all:
      return {};
    case Per::session:
      return call.session;
    case Per::model:
      return call.model;
    case Per::key:
      return call.key;
  }
  return {};
}

const std::shared_ptr<const Rule>& no_rule() {
  static const auto rule = std::make_shared<const Rule>();
  return rule;
}

}  // namespace

bool When::asks_about_prompt() const {
  return form || json || model || key || session || !prompt.empty() || !headers.empty() ||
         per != Per::all;
}

void RuleBook::set_rules(std::vector<Rule> rules, Clock::time_point now) {
  entries_.clear();
  for (auto& rule : rules)
    entries_.push_back({.rule = std::make_shared<const Rule>(std::move(rule))});
  since_ = now;
  calls_ = 0;
}

microseconds RuleBook::elapsed(Clock::time_point now) const {
  return std::chrono::duration_cast<microseconds>(now - since_);
}

bool RuleBook::takes_turn(Entry& entry, std::size_t index, std::string_view whose) {
  const When& when = entry.rule->when;
  std::uint64_t* turns = &entry.turns;
  if (when.per != Per::all) turns = &entry.turns_of.try_emplace(std::string(whose)).first->second;
  const std::uint64_t turn = ++*turns;
  if (turn < when.first_turn || (when.last_turn && turn > *when.last_turn)) return false;
  if ((turn - when.first_turn) % when.every != 0) return false;
  if (when.rate >= 1) return true;
  return unit_interval(scramble(seed_, index, turn)) < when.rate;
}

RuleBook::Decision RuleBook::decide(const Call& call, Clock::time_point now) {
  Decision out{no_rule(), {}};
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const When& when = entry.rule->when;
    if (entry.rule->fault.at_connection() || !when.holds_at(elapsed(now)) || !fits(when, call) ||
        !takes_turn(entry, i, whose_turn(when.per, call)))
      continue;
    out.rule = entry.rule;
    break;
  }
  const Latency& latency = out.rule->latency ? *out.rule->latency : latency_;
  out.latency = latency.draw(scramble(seed_, kLatencyStream, calls_++));
  return out;
}

std::shared_ptr<const Rule> RuleBook::decide_connection(Clock::time_point now) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const Rule& rule = *entry.rule;
    if (!rule.fault.at_connection() || rule.when.asks_about_prompt() ||
        !rule.when.holds_at(elapsed(now)))
      continue;
    if (takes_turn(entry, i, {})) return entry.rule;
  }
  return no_rule();
}

RuleBook::Listening RuleBook::listening(Clock::time_point now) const {
  Listening out;
  const auto change_at = [&](microseconds when) {
    const auto at = since_ + when;
    if (at > now && (!out.until || at < *out.until)) out.until = at;
  };
  for (const auto& entry : entries_) {
    if (entry.rule->fault.strike != Strike::refuse) continue;
    const When& when = entry.rule->when;
    out.refuse |= when.holds_at(elapsed(now));
    change_at(when.from);
    if (when.until) change_at(*when.until);
  }
  return out;
}

}  // namespace gvm::mock
