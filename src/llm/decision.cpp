#include "llm/decision.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error_codes.h"
#include "base/json.h"
#include "pricing/usd.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::llm {
namespace {

using routing::CandidateId;

constexpr std::size_t kNamed = 6;  // candidates told by name; further ones by number

Value text(std::string_view s) {
  return Value::string(std::string(s));
}

Value numbers(const auto& all) {
  Value::Array out;
  for (const auto n : all) out.push_back(Value::integer(static_cast<std::int64_t>(n)));
  return Value::array(std::move(out));
}

Value name_or_number(CandidateId id, const routing::CandidateSet& set, bool named) {
  if (!named) return Value::integer(static_cast<std::int64_t>(id));
  return text(set.label(id));
}

// [candidate, why] each; the first ones by name.
template <class Rows>
Value rows(const Rows& all, const routing::CandidateSet& set, std::size_t most) {
  Value::Array out;
  for (std::size_t i = 0; i < all.size() && i < most; ++i) {
    Value::Array row;
    row.push_back(name_or_number(all[i].candidate, set, i < kNamed));
    row.push_back(Value::string(routing::to_text(all[i])));
    out.push_back(Value::array(std::move(row)));
  }
  return Value::array(std::move(out));
}

Value attempts(const Decision& decision, const routing::CandidateSet& set) {
  Value::Array out;
  for (const auto& each : decision.attempts) {
    Value row = Value::fields(
        "to", name_or_number(each.candidate, set, true), "after_us", Value::integer(each.after_us),
        "took_us", Value::integer(each.took_us), "end", text(each.end.empty() ? "ok" : each.end),
        "reserved", Value::integer(each.reserved), "charged", Value::integer(each.charged));
    if (each.hedge) row.as_map()->set("hedge", Value::boolean(true));
    out.push_back(std::move(row));
  }
  return Value::array(std::move(out));
}

// How much of the long parts stays.
struct Room {
  std::size_t rejected = SIZE_MAX;
  std::size_t ranked = SIZE_MAX;
  bool state = true;
  std::string_view cut = {};
};

Value value_of(const Decision& d, const routing::CandidateSet& set, const Room& room) {
  Value value = Value::fields(
      "v", Value::integer(Decision::kVersion), "id", text(d.id), "at",
      Value::string(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                                std::chrono::floor<std::chrono::milliseconds>(d.at))),
      "policy", text(d.policy), "prices", text(d.prices), "strategy", text(d.strategy), "seed",
      Value::string(fmt::format("{:016x}", d.seed)), "json", Value::boolean(d.needs_json), "image",
      Value::boolean(d.needs_image), "tokens", Value::integer(std::int64_t{d.tokens}), "order",
      rows(d.ranking.ranked, set, room.ranked), "rejected",
      rows(d.ranking.rejected, set, room.rejected), "attempts", attempts(d, set), "outcome",
      text(d.outcome));
  Value::Map& map = *value.as_map();
  if (!d.excluded.empty()) map.set("excluded", numbers(d.excluded));
  if (!d.costs.empty() && room.state) map.set("costs", numbers(d.costs));
  if (room.state) map.set("state", text(d.state));
  if (!room.cut.empty()) map.set("cut", text(room.cut));
  return value;
}

std::string usd(std::int64_t nano) {
  return pricing::Usd::from_nano(nano).to_string();
}

Error not_a_record(std::string why) {
  return Error(codes::kDeserializing, Fatality::user, "this is no decision record: " + why);
}

Result<Value> parsed(std::string_view record) {
  auto value = text::parse_json(record);
  if (!value || value->as_map() == nullptr) return fail(not_a_record("no JSON object"));
  const auto version = text::integer_at(*value, "/v");
  if (version != Decision::kVersion)
    return fail(not_a_record(fmt::format("version {}", version.value_or(0))));
  return std::move(*value);
}

std::string_view at(const Value& value, std::string_view pointer) {
  return text::string_at(value, pointer).value_or("");
}

bool flag(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  const bool* set = found == nullptr ? nullptr : found->as_bool();
  return set != nullptr && *set;
}

std::string shown(const Value& value) {
  if (const auto s = value.as_string()) return std::string(*s);
  return "#" + json::write(value);
}

void show_rows(std::string& out, const Value& record, std::string_view key,
               std::string_view title) {
  const Value* found = record.find(key);
  const auto* all = found == nullptr ? nullptr : found->as_array();
  if (all == nullptr || all->empty()) return;
  out += fmt::format("{}\n", title);
  for (const auto& row : *all) {
    const auto* pair = row.as_array();
    if (pair == nullptr || pair->size() != 2) continue;
    out += fmt::format("  {:<48} {}\n", shown((*pair)[0]), shown((*pair)[1]));
  }
}

void show_attempts(std::string& out, const Value& record) {
  const Value* found = record.find("attempts");
  const auto* all = found == nullptr ? nullptr : found->as_array();
  if (all == nullptr || all->empty()) return;
  out += "calls\n";
  for (const auto& row : *all) {
    const auto number = [&](std::string_view key) {
      return text::integer_at(row, key).value_or(0);
    };
    const bool* hedge = row.find("hedge") == nullptr ? nullptr : row.find("hedge")->as_bool();
    out += fmt::format(
        "  {:<48} {:<18} after {:.1f} ms, took {:.1f} ms, reserved {} USD, charged {} USD{}\n",
        at(row, "/to"), at(row, "/end"), static_cast<double>(number("/after_us")) / 1000,
        static_cast<double>(number("/took_us")) / 1000, usd(number("/reserved")),
        usd(number("/charged")), hedge != nullptr ? ", beside a slow one" : "");
  }
}

template <class T>
std::vector<T> numbers_at(const Value& record, std::string_view key) {
  std::vector<T> out;
  const Value* found = record.find(key);
  const auto* all = found == nullptr ? nullptr : found->as_array();
  if (all == nullptr) return out;
  for (const auto& each : *all) {
    const Integer* number = each.as_integer();
    out.push_back(static_cast<T>(number == nullptr ? 0 : number->to_i64().value_or(0)));
  }
  return out;
}

}  // namespace

std::string to_text(const Decision& decision, const routing::CandidateSet& candidates,
                    std::size_t most) {
  // What a person misses least goes first; without `state` the choice cannot be made again.
  const Room rooms[] = {{},
                        {.rejected = 10, .cut = "rejected"},
                        {.rejected = 4, .ranked = 8, .cut = "order"},
                        {.rejected = 2, .ranked = 4, .state = false, .cut = "state"},
                        {.rejected = 0, .ranked = 1, .state = false, .cut = "order, state"}};
  std::string written;
  for (const auto& room : rooms) {
    written = json::write(value_of(decision, candidates, room));
    if (written.size() <= most) return written;
  }
  Decision bare = decision;
  while (!bare.attempts.empty() && written.size() > most) {
    bare.attempts.erase(bare.attempts.begin());
    written = json::write(value_of(
        bare, candidates, {.rejected = 0, .ranked = 0, .state = false, .cut = "attempts, state"}));
  }
  return written;
}

Result<std::string> explain(std::string_view record) {
  auto value = parsed(record);
  if (!value) return fail(std::move(value).error());
  std::string out;
  out += fmt::format("{}  {}  {}\n", at(*value, "/id"), at(*value, "/at"), at(*value, "/outcome"));
  out += fmt::format("policy {}  prices {}  strategy {}  seed {}\n", at(*value, "/policy"),
                     at(*value, "/prices"), at(*value, "/strategy"), at(*value, "/seed"));
  show_rows(out, *value, "order", "candidates, in order");
  show_rows(out, *value, "rejected", "not asked");
  show_attempts(out, *value);
  if (const auto cut = at(*value, "/cut"); !cut.empty())
    out += fmt::format("left out, as records are bounded: {}\n", cut);
  return out;
}

Result<std::string> replay(std::string_view record, const routing::CandidateSet& candidates,
                           const routing::RankPolicy& policy, std::string_view policy_hash) {
  auto value = parsed(record);
  if (!value) return fail(std::move(value).error());
  if (at(*value, "/policy") != policy_hash)
    return fail(not_a_record(
        fmt::format("of this configuration: its policy is {}, the configuration's is {}",
                    at(*value, "/policy"), policy_hash)));
  const Value* state = value->find("state");
  if (state == nullptr) return fail(not_a_record("that can be replayed: its state was left out"));
  auto snapshot = routing::parse_snapshot(state->as_string().value_or(""));
  if (!snapshot) return fail(std::move(snapshot).error());
  if (snapshot->size() != candidates.size())
    return fail(not_a_record("of this configuration: another number of candidates"));
  const auto excluded = numbers_at<CandidateId>(*value, "excluded");
  const auto costs = numbers_at<routing::NanoUsd>(*value, "costs");
  routing::Request request;
  request.needs_json = flag(*value, "json");
  request.needs_image = flag(*value, "image");
  request.tokens = static_cast<std::uint32_t>(text::integer_at(*value, "/tokens").value_or(0));
  const auto seed = at(*value, "/seed");
  std::from_chars(seed.data(), seed.data() + seed.size(), request.seed, 16);
  request.excluded = excluded;
  request.worst_case_cost = costs;
  routing::RankPolicy same = policy;
  if (const auto strategy = routing::parse_strategy(at(*value, "/strategy"))) {
    same.strategy = *strategy;
  }
  routing::Ranking again;
  routing::rank(candidates, same, request, *snapshot, again);
  const Value now = rows(again.ranked, candidates, SIZE_MAX);
  const Value* then = value->find("order");
  const auto* recorded = then == nullptr ? nullptr : then->as_array();
  const auto& made = *now.as_array();
  if (recorded == nullptr || recorded->size() > made.size())
    return std::string("the record names more candidates than there are now");
  for (std::size_t i = 0; i < recorded->size(); ++i) {
    if (json::write((*recorded)[i]) == json::write(made[i])) continue;
    return fmt::format("place {}: recorded {}, now {}", i + 1, json::write((*recorded)[i]),
                       json::write(made[i]));
  }
  return std::string();
}

}  // namespace gvm::llm
