// The configuration keys of `pricing`, `budgets` and `ledger`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error_detail.h"
#include "config/choice.h"
#include "config/routing_schema.h"
#include "url/database_address.h"

namespace gvm::config {

namespace {

constexpr double kMostTokens = 100'000'000;
constexpr int kMostDays = 36'500;
constexpr double kDayMs = 24 * 3'600'000.0;

Row ours(std::string_view name, std::string_view doc, Format format = Format::plain,
         Range range = {}, std::string_view unit = {}) {
  return {.name = name,
          .doc = doc,
          .origin = Origin::ours,
          .format = format,
          .range = range,
          .unit = unit};
}

constexpr std::array<std::string_view, 6> kWindows = {"session", "minute", "hour",
                                                      "day",     "week",   "month"};
constexpr std::array<std::string_view, 3> kActions = {"refuse", "cheaper", "warn"};
constexpr std::array<std::string_view, 6> kFields = {"backend",      "model", "key",
                                                     "node_address", "tx_id", "contract_address"};
constexpr std::string_view kHostData = "host_data.";

template <class Words>
int place_of(const Words& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? -1 : static_cast<int>(found - words.begin());
}

bool is_field(std::string_view name) {
  if (name.starts_with(kHostData)) return name.size() > kHostData.size();
  return std::find(kFields.begin(), kFields.end(), name) != kFields.end();
}

void refuse_field(const Node& at, const std::string& path, Context& context,
                  const std::string& name) {
  context.error(at.mark, path,
                fmt::format("got \"{}\", expected one of {} or host_data.NAME", name,
                            fmt::join(kFields, ", ")));
}

void check_fields(const Node& node, const std::string& path, Context& context,
                  const BudgetConfig& c) {
  if (const auto* scope = node.find("scope")) {
    for (std::size_t i = 0; i < c.scope.size(); ++i)
      if (!is_field(c.scope[i]))
        refuse_field(*scope->value, fmt::format("{}.scope[{}]", path, i), context, c.scope[i]);
  }
  if (const auto* only = node.find("only")) {
    for (const auto& entry : only->value->entries)
      if (!is_field(entry.key))
        context.error(entry.mark, path + ".only." + entry.key,
                      fmt::format("got an unknown field, expected one of {} or host_data.NAME",
                                  fmt::join(kFields, ", ")));
  }
}

// Exactly one unit must be given, with a limit above zero.
void resolve_limit(const Node& node, const std::string& path, Context& context, BudgetConfig& c) {
  const std::array<std::pair<std::string_view, const std::string*>, 4> units = {
      {{"usd", &c.usd}, {"tokens", &c.tokens}, {"requests", &c.requests}, {"gen", &c.gen}}};
  std::vector<std::size_t> given;
  for (std::size_t i = 0; i < units.size(); ++i)
    if (!units[i].second->empty()) given.push_back(i);
  if (given.size() != 1) {
    context.error(node.mark, path,
                  fmt::format("got {} limits, expected exactly one of usd, tokens, requests, gen",
                              given.size()));
    return;
  }
  const auto [key, text] = units[given.front()];
  c.unit = static_cast<BudgetUnit>(given.front());
  c.limit = *text;
  const auto* entry = node.find(key);
  if (c.unit != BudgetUnit::usd && text->find('.') != text->npos)
    context.error(entry->value->mark, fmt::format("{}.{}", path, key),
                  fmt::format("got {}, expected a whole number", *text));
  if (text->find_first_of("123456789") == text->npos)
    context.error(entry->value->mark, fmt::format("{}.{}", path, key),
                  "got 0, expected more: a budget of nothing refuses every prompt");
}

void check_budget(const Node& node, const std::string& path, Context& context, BudgetConfig& c) {
  check_choice(node, path, "window", context, c.window_word,
               {"session", "minute", "hour", "day", "week", "month"});
  check_choice(node, path, "action", context, c.action_word, {"refuse", "cheaper", "warn"});
  check_fields(node, path, context, c);
  resolve_limit(node, path, context, c);
  if (const int at = place_of(kWindows, c.window_word); at >= 0)
    c.window = static_cast<BudgetWindow>(at);
  if (const int at = place_of(kActions, c.action_word); at >= 0)
    c.action = static_cast<BudgetAction>(at);
  const auto* rolling = node.find("rolling");
  if (c.rolling && c.window == BudgetWindow::session)
    context.error(rolling->mark, path + ".rolling",
                  "got true with window: session, expected a window of time");
}

void check_ledger(const Node& node, const std::string& path, Context& context, LedgerConfig& c) {
  check_choice(node, path, "when_broken", context, c.when_broken, {"refuse", "continue"});
  const auto* url = node.find("url");
  if (url == nullptr || c.url.empty()) return;
  auto address = url::parse_database_address(c.url.reveal());
  if (!address)
    return context.error(url->value->mark, path + ".url",
                         std::string(detail_of(address.error())) +
                             "; expected postgresql://user:password@host/database; without "
                             "the key the ledger is a SQLite file in data_dir");
  std::ranges::move(address->secrets, std::back_inserter(context.secrets));
}

void check_pricing(const Node& node, const std::string& path, Context& context, PricesConfig& c) {
  if (c.gen_per_usd.empty() || c.time_units_per_usd.empty()) return;
  const auto* entry = node.find("time_units_per_usd");
  context.error(entry->mark, path + ".time_units_per_usd",
                "got a second rate beside gen_per_usd, expected one of them");
}

}  // namespace

const Section& budget_section() {
  using C = BudgetConfig;
  static const Section section = [] {
    SectionBuilder<C> rows("a budget",
                           "What may be spent in a window. Every budget that a prompt falls under "
                           "must have room for the most it can cost.");
    rows.leaf(&C::scope, ours("scope",
                              "One account for every combination of these: backend, model, key, "
                              "node_address, tx_id, contract_address, host_data.NAME; empty: one "
                              "for the module"))
        .leaf(&C::only, ours("only", "Counts only calls with these values of the same fields"))
        .leaf(&C::window_word, ours("window", "session, minute, hour, day, week or month"))
        .leaf(&C::rolling,
              ours("rolling", "true: the last hour, day...; false: by the calendar, UTC"))
        .leaf(&C::usd, ours("usd", "The limit in US dollars", Format::decimal, {}, "USD"))
        .leaf(&C::tokens, ours("tokens", "The limit in tokens, in and out", Format::decimal))
        .leaf(&C::requests, ours("requests", "The limit in calls", Format::decimal))
        .leaf(&C::gen, ours("gen", "The limit in gen", Format::decimal))
        .leaf(&C::action_word,
              ours("action",
                   "refuse: no call beyond it; cheaper: only models that still fit; warn: a line "
                   "in the log"));
    return rows.check(check_budget).build();
  }();
  return section;
}

const Section& ledger_section() {
  using C = LedgerConfig;
  static const Section section =
      SectionBuilder<C>("the ledger", "Where spending is written down.")
          .leaf(&C::url, ours("url",
                              "postgresql://user:password@host/database, shared by modules; "
                              "absent: ledger.db in data_dir"))
          .leaf(&C::when_broken,
                ours("when_broken",
                     "refuse: no prompt is answered while nothing can be written down; continue: "
                     "budgets are kept in memory, with an alarm in log and metrics"))
          .leaf(&C::keep_records_days,
                ours("keep_records_days", "Of decisions", Format::plain, {1, kMostDays}))
          .leaf(&C::keep_entries_days,
                ours("keep_entries_days", "Of calls; longer than any budget's window",
                     Format::plain, {40, kMostDays}))
          .check(check_ledger)
          .build();
  return section;
}

const Section& pricing_section() {
  using C = PricesConfig;
  static const Section section =
      SectionBuilder<C>("prices", "What calls cost, and what contracts are charged.")
          .leaf(&C::file,
                ours("file", "The catalogue, see docs/prices.md; absent: no price is known",
                     Format::path))
          .leaf(&C::unknown_reserve,
                ours("unknown_reserve",
                     "Charged for a call whose price or usage is unknown; such calls are marked",
                     Format::decimal, {}, "USD"))
          .leaf(&C::gen_per_usd, ours("gen_per_usd",
                                      "consumed_gen of an answer for each dollar it cost; absent: "
                                      "nothing is charged",
                                      Format::decimal))
          .leaf(&C::time_units_per_usd,
                ours("time_units_per_usd",
                     "Instead: time units for each dollar, times the host's genPerTimeUnit",
                     Format::decimal))
          .leaf(&C::assumed_max_tokens,
                ours("assumed_max_tokens", "Reserved for an answer whose length nobody limits",
                     Format::plain, {1, kMostTokens}, "tokens"))
          .leaf(&C::reload_every,
                ours("reload_every",
                     "How often the file is looked at; a changed one is taken at the second look, "
                     "a faulty one is refused and the old prices stay; 0: only at the start",
                     Format::plain, {0, kDayMs}))
          .check(check_pricing)
          .build();
  return section;
}

}  // namespace gvm::config
