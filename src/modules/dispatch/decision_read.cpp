// Reads decision records: for people, and to make the choice again. A record may be broken.
#include <fmt/format.h>

#include <charconv>

#include "base/error_codes.h"
#include "base/json.h"
#include "dispatch/decision.h"
#include "dispatch/explain_draw.h"
#include "pricing/usd.h"
#include "routing/codes.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::dispatch {
namespace {

using routing::CandidateId;

std::string usd(std::int64_t nano) {
  return pricing::Usd::from_nano(nano).to_string();
}

Result<Value> parsed(std::string_view record) {
  const auto no = [](std::string why) {
    return fail(codes::kDeserializing, Fatality::user, "this is no decision record: " + why);
  };
  auto value = text::parse_json(record);
  if (!value || value->as_map() == nullptr) return no("no JSON object");
  const auto version = text::integer_at(*value, "/v");
  if (!version) return no("it has no version");
  if (version != Decision::kVersion)
    return no(
        fmt::format("its version is {}, these modules know {}", *version, Decision::kVersion));
  return std::move(*value);
}

std::unexpected<Error> cannot_replay(std::string why) {
  return fail(codes::kMalformedSnapshot, Fatality::user,
              "this choice cannot be made again: " + why);
}

std::string_view at(const Value& value, std::string_view pointer) {
  return text::string_at(value, pointer).value_or("");
}

bool flag(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  const bool* set = found == nullptr ? nullptr : found->as_bool();
  return set != nullptr && *set;
}

// Empty when there is none.
const Value::Array& list_at(const Value& record, std::string_view key) {
  static const Value::Array kNone;
  const Value* found = record.find(key);
  const auto* all = found == nullptr ? nullptr : found->as_array();
  return all == nullptr ? kNone : *all;
}

std::int64_t integer_of(const Value& value) {
  const Integer* number = value.as_integer();
  return number == nullptr ? 0 : number->to_i64().value_or(0);
}

template <class T>
std::vector<T> numbers_at(const Value& record, std::string_view key) {
  std::vector<T> out;
  for (const auto& each : list_at(record, key)) out.push_back(static_cast<T>(integer_of(each)));
  return out;
}

std::string name_of(const Value& record, const Value& candidate) {
  const auto number = json::write(candidate);
  const Value* names = record.find("names");
  const Value* name = names == nullptr ? nullptr : names->find(number);
  const auto told = name == nullptr ? std::nullopt : name->as_string();
  return told ? std::string(*told) : "candidate " + number;
}

void show_rows(std::string& out, const Value& record, std::string_view key, std::size_t of,
               std::string_view title) {
  const auto& all = list_at(record, key);
  if (all.empty() && of == 0) return;
  out += fmt::format("{}\n", title);
  for (const auto& row : all) {
    const auto* pair = row.as_array();
    if (pair == nullptr || pair->size() != 2) continue;
    out += fmt::format("  {:<48}  {}\n", name_of(record, (*pair)[0]),
                       (*pair)[1].as_string().value_or("?"));
  }
  if (of > all.size()) out += fmt::format("  and {} more\n", of - all.size());
}

std::string_view occasion_of(const Value::Array& row) {
  const auto set = [&](std::size_t i) {
    const bool* flag = i < row.size() ? row[i].as_bool() : nullptr;
    return flag != nullptr && *flag;
  };
  if (set(7)) return ", told what was wrong with the last answer";
  return set(6) ? ", beside a slow one" : "";
}

void show_words(std::string& out, const Value& record, std::size_t attempt) {
  const Value* all = record.find("said");
  const Value* said = all == nullptr ? nullptr : all->find(std::to_string(attempt));
  const auto words = said == nullptr ? std::nullopt : said->as_string();
  if (words) out += fmt::format("    the provider says: {}\n", *words);
}

void show_attempts(std::string& out, const Value& record) {
  const auto& all = list_at(record, "attempts");
  if (all.empty()) return;
  out += "calls\n";
  for (std::size_t number = 0; number < all.size(); ++number) {
    const auto* row = all[number].as_array();
    if (row == nullptr || row->size() < 6) continue;
    const auto ms = [&](std::size_t i) {
      return static_cast<double>(integer_of((*row)[i])) / 1000;
    };
    out += fmt::format(
        "  {:<48}  {:<18} after {:.1f} ms, took {:.1f} ms, reserved {} USD, charged {} USD{}\n",
        name_of(record, (*row)[0]), (*row)[1].as_string().value_or("?"), ms(2), ms(3),
        usd(integer_of((*row)[4])), usd(integer_of((*row)[5])), occasion_of(*row));
    show_words(out, record, number);
  }
}

std::size_t total_of(const Value& record, std::size_t which) {
  const auto totals = numbers_at<std::size_t>(record, "of");
  return which < totals.size() ? totals[which] : 0;
}

// What a recorded list and the one made now differ in; "" for nothing. A record may have only the
// beginning.
template <class Rows>
std::string difference(const Value& record, std::string_view key, std::size_t of, const Rows& now,
                       const routing::CandidateSet& candidates) {
  if (of != now.size())
    return fmt::format("{}: recorded {} candidates, now {}", key, of, now.size());
  const auto& then = list_at(record, key);
  if (then.size() > now.size()) return fmt::format("{}: the record is inconsistent", key);
  for (std::size_t i = 0; i < then.size(); ++i) {
    const auto* pair = then[i].as_array();
    const bool same = pair != nullptr && pair->size() == 2 &&
                      (*pair)[0] == Value::integer(std::int64_t{now[i].candidate}) &&
                      (*pair)[1].as_string() == routing::to_text(now[i]);
    if (same) continue;
    return fmt::format("{}, place {}: recorded {}, now {} ({})", key, i + 1, json::write(then[i]),
                       candidates.label(now[i].candidate), routing::to_text(now[i]));
  }
  return {};
}

// Prompt and answer apart: an estimate of the one, a limit of the other.
std::string size_of(const Value& record) {
  const auto tokens = text::integer_at(record, "/tokens").value_or(0);
  const auto limit = text::integer_at(record, "/answer_limit").value_or(0);
  return fmt::format("a prompt of about {} tokens{}{}{}, {}\n", tokens - limit,
                     flag(record, "json") ? ", JSON wanted" : "",
                     flag(record, "image") ? ", with images" : "",
                     at(record, "/holds").contains("personal_data") ? ", with personal data" : "",
                     limit == 0 ? "no limit for its answer"
                                : fmt::format("its answer limited to {} tokens", limit));
}

}  // namespace

Result<std::string> explain(std::string_view record) {
  auto value = parsed(record);
  if (!value) return fail(std::move(value).error());
  std::string out;
  out += fmt::format("{}  {}  {}\n", at(*value, "/id"), at(*value, "/at"), at(*value, "/outcome"));
  out += fmt::format("policy {}  prices {}  strategy {}  seed {}\n", at(*value, "/policy"),
                     at(*value, "/prices"), at(*value, "/strategy"), at(*value, "/seed"));
  out += size_of(*value);
  if (const auto demand = at(*value, "/demand"); !demand.empty())
    out += fmt::format("the script demands of its backend: {}\n", demand);
  if (const Value* drawn = value->find("greybox")) out += explain_draw(*drawn);
  show_rows(out, *value, "order", total_of(*value, 0), "candidates, in order");
  show_rows(out, *value, "rejected", total_of(*value, 1), "not asked");
  show_attempts(out, *value);
  if (const auto cut = at(*value, "/cut"); !cut.empty())
    out += fmt::format("left out or shortened, as records are bounded: {}\n", cut);
  return out;
}

std::optional<std::string> without_words(std::string_view record) {
  auto value = parsed(record);
  if (!value || value->find("said") == nullptr) return std::nullopt;
  value->as_map()->erase("said");
  return json::write(*value);
}

Result<std::string> replay(std::string_view record, const routing::CandidateSet& candidates,
                           const ReplayPolicy& policy) {
  auto value = parsed(record);
  if (!value) return fail(std::move(value).error());
  if (at(*value, "/policy") != policy.hash)
    return cannot_replay(
        fmt::format("the policy it was made by is {}, this configuration's is {}; models, keys or "
                    "routing have changed",
                    at(*value, "/policy"), policy.hash));
  const auto state = text::string_at(*value, "/state");
  if (!state) return cannot_replay("its state was left out, the record would have been too long");
  auto snapshot = routing::parse_snapshot(*state);
  if (!snapshot) return fail(std::move(snapshot).error());
  if (snapshot->size() != candidates.size())
    return cannot_replay(fmt::format("it knows {} candidates, this configuration {}",
                                     snapshot->size(), candidates.size()));
  const auto strategy = routing::parse_strategy(at(*value, "/strategy"));
  const auto seed = at(*value, "/seed");
  routing::Request request;
  const auto read = std::from_chars(seed.data(), seed.data() + seed.size(), request.seed, 16);
  if (!strategy || read.ec != std::errc() || read.ptr != seed.data() + seed.size())
    return cannot_replay("its strategy or its seed cannot be read");
  const auto excluded = numbers_at<CandidateId>(*value, "excluded");
  const auto tiers = numbers_at<std::uint8_t>(*value, "tiers");
  const auto unfit = numbers_at<routing::DataRule>(*value, "unfit");
  const auto costs = numbers_at<routing::NanoUsd>(*value, "costs");
  request.needs_json = flag(*value, "json");
  request.needs_image = flag(*value, "image");
  const auto holds = at(*value, "/holds");
  request.holds_images = holds.contains("images");
  request.holds_personal_data = holds.contains("personal_data");
  request.tokens = static_cast<std::uint32_t>(text::integer_at(*value, "/tokens").value_or(0));
  request.excluded = excluded;
  request.tiers = tiers;
  request.unfit = unfit;
  request.worst_case_cost = costs;
  request.cost_limit = policy.cost_limit;
  routing::RankPolicy same = policy.rank;
  same.strategy = *strategy;
  routing::Ranking again;
  routing::rank(candidates, same, request, *snapshot, again);
  auto differs = difference(*value, "order", total_of(*value, 0), again.ranked, candidates);
  if (differs.empty())
    differs = difference(*value, "rejected", total_of(*value, 1), again.rejected, candidates);
  return differs;
}

}  // namespace gvm::dispatch
