// The rows of `routing`, and of a backend's share in it.
#include "config/routing_schema.h"

#include <fmt/format.h>

#include "config/choice.h"
#include "config/scalar.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr double kMinuteMs = 60'000;
constexpr double kHourMs = 60 * kMinuteMs;
constexpr double kDayMs = 24 * kHourMs;
constexpr double kMostCalls = 1'000'000;
constexpr double kMostTokens = 1e12;

Row ours(std::string_view name, std::string_view doc, Range range = {},
         std::string_view unit = {}) {
  return {.name = name, .doc = doc, .origin = Origin::ours, .range = range, .unit = unit};
}

void check_breaker(const Node& node, const std::string& path, Context& context, BreakerConfig& c) {
  const auto* longest = node.find("longest");
  if (c.open <= c.longest || (longest == nullptr && node.find("open") == nullptr)) return;
  const auto& at = longest != nullptr ? *longest : *node.find("open");
  context.error(at.mark, path + "." + at.key, "got open above longest, expected at most that");
}

const Section& breaker_section() {
  using C = BreakerConfig;
  static const Section section =
      SectionBuilder<C>("breaker",
                        "When a model that keeps failing is left alone, and how it comes back.")
          .leaf(&C::failures, ours("failures", "Failed calls in a row that open it; 0: never",
                                   {0, 1'000}, "calls"))
          .leaf(&C::ratio,
                ours("ratio", "Share of failed calls in a window that opens it", {0.01, 1}))
          .leaf(&C::minimum,
                ours("minimum", "Calls in a window before `ratio` counts", {1, 100'000}, "calls"))
          .leaf(&C::window, ours("window", "Over which `ratio` is taken", {1'000, kHourMs}))
          .leaf(&C::open, ours("open", "How long it is open at first; doubles while probes fail",
                               {10, kHourMs}))
          .leaf(&C::longest, ours("longest", "How long it is open at most", {10, kDayMs}))
          .leaf(&C::ramp,
                ours("ramp", "From the first good probe to the full share of calls", {0, kHourMs}))
          .check(check_breaker)
          .build();
  return section;
}

const Section& retry_budget_section() {
  using C = RetryBudgetConfig;
  static const Section section =
      SectionBuilder<C>("retry_budget", "Further calls for prompts whose first call failed.")
          .leaf(&C::share, ours("share", "Further calls over first ones, of all prompts", {0, 10}))
          .leaf(&C::floor, ours("floor", "Further calls that are always allowed", {0, kMostCalls},
                                "calls a second"))
          .build();
  return section;
}

const Section& hedge_section() {
  using C = HedgeConfig;
  static const Section section =
      SectionBuilder<C>("hedge",
                        "A second call at another model when the first is slow; the first answer "
                        "counts, the other call is cancelled and billed.")
          .leaf(&C::enabled, ours("enabled", "Whether to"))
          .leaf(&C::after,
                ours("after", "How long the first call may take; 0: by `quantile`", {0, kHourMs}))
          .leaf(&C::quantile,
                ours("quantile", "Of the first model's latencies, after which", {0.5, 0.9999}))
          .leaf(&C::share, ours("share", "Second calls over all calls, at most", {0, 1}))
          .build();
  return section;
}

void check_seed(const Node& node, const std::string& path, Context& context,
                const RoutingConfig& c) {
  if (c.seed == "random" || parse_integer(c.seed)) return;
  context.error(node.find("seed")->value->mark, path + ".seed",
                fmt::format("got \"{}\", expected \"random\" or an integer", c.seed));
}

void check_routing(const Node& node, const std::string& path, Context& context, RoutingConfig& c) {
  check_choice(node, path, "strategy", context, c.strategy,
               {"priority", "weighted", "least_busy", "latency", "cheapest", "usage"});
  check_seed(node, path, context, c);
  const auto* entry = node.find("backoff");
  if (entry == nullptr || c.backoff <= c.max_backoff) return;
  context.error(entry->mark, path + ".backoff",
                "got a backoff longer than max_backoff, expected at most that");
}

}  // namespace

const Section& routing_section() {
  using C = RoutingConfig;
  static const Section section = [] {
    SectionBuilder<C> rows("routing",
                           "Which model gets a prompt, and what happens when it fails: of "
                           "`llm.rs.exec_prompt`, which the shipped script uses.");
    rows.leaf(&C::strategy,
              ours("strategy",
                   "Order inside a tier of equal `priority`: `priority` (order of the file), "
                   "`weighted` (random), `least_busy`, `latency`, `cheapest`, `usage` (against "
                   "requests_per_minute and tokens_per_minute)"))
        .leaf(&C::seed, ours("seed",
                             "`random`: every session draws its own; an integer: the same choices "
                             "in every session"))
        .leaf(&C::attempts,
              ours("attempts", "Calls for one prompt, at all models together", {1, 100}, "calls"))
        .leaf(&C::deadline,
              ours("deadline", "Of one prompt, all calls and waits together; 0: the request's",
                   {0, kDayMs}));
    rows.leaf(&C::max_cost, {.name = "max_cost",
                             .doc = "What one prompt may cost at most, all calls together; absent: "
                                    "no limit",
                             .origin = Origin::ours,
                             .format = Format::decimal,
                             .unit = "USD"})
        .leaf(&C::backoff, ours("backoff",
                                "Longest wait before a second call at the same model; doubles from "
                                "then on, the wait is random up to it",
                                {0, kHourMs}))
        .leaf(&C::max_backoff, ours("max_backoff", "Longest wait between two calls", {0, kHourMs}))
        .leaf(&C::learned_for,
              ours("learned_for",
                   "How long it is remembered that a model refused JSON mode or images",
                   {0, 30 * kDayMs}));
    rows.section(&C::breaker, breaker_section(), ours("breaker", "Leaving failing models alone"))
        .section(&C::retry_budget, retry_budget_section(),
                 ours("retry_budget", "Against storms of repeated calls"))
        .section(&C::hedge, hedge_section(), ours("hedge", "Against slow tails"));
    return rows.check(check_routing).build();
  }();
  return section;
}

const Section& share_section() {
  using C = ShareConfig;
  static const Section section =
      SectionBuilder<C>("a backend's share", "Of the prompts.")
          .leaf(
              &C::priority,
              ours("priority", "Tier: higher ones are asked first. Absent: `meta.priority`, else 0",
                   {-1'000'000, 1'000'000}))
          .leaf(&C::weight,
                ours("weight", "Share among equals, for `weighted`", {0.001, 1'000'000}))
          .leaf(&C::max_concurrency,
                ours("max_concurrency", "Calls at the same time, all models together; 0: no limit",
                     {0, 100'000}, "calls"))
          .leaf(&C::max_queue,
                ours("max_queue", "Prompts that wait for their turn; further ones go elsewhere",
                     {0, 100'000}, "prompts"))
          .leaf(&C::requests_per_minute,
                ours("requests_per_minute", "What the account allows; 0: no limit", {0, kMostCalls},
                     "requests"))
          .leaf(&C::tokens_per_minute,
                ours("tokens_per_minute", "What the account allows; 0: no limit", {0, kMostTokens},
                     "tokens"))
          .build();
  return section;
}

}  // namespace gvm::config
