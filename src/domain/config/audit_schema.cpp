// The configuration keys of `audit`, `data_rules`, and of `data` of a backend.
#include "config/audit_schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "config/choice.h"

namespace gvm::config {

namespace {

constexpr Origin kOurs = Origin::ours;
constexpr double kMostDays = 36'500;
constexpr double kMostRegions = 64;

void check_words(const Node& node, const std::string& path, Context& context, AuditConfig& c) {
  check_choice(node, path, "anchor", context, c.anchor, {"daily", "off"});
  check_choice(node, path, "on_failure", context, c.on_failure, {"refuse", "continue"});
}

void check_llm_audit(const Node& node, const std::string& path, Context& context, AuditConfig& c) {
  check_choice(node, path, "texts", context, c.texts, {"none", "prompts", "answers", "all"});
  check_words(node, path, context, c);
}

void check_web_audit(const Node& node, const std::string& path, Context& context, AuditConfig& c) {
  check_choice(node, path, "texts", context, c.texts, {"none", "requests", "answers", "all"});
  check_words(node, path, context, c);
}

bool is_region(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

constexpr std::string_view kRegionForm =
    "a name of small letters, digits, '-' and '_', such as eu or us-east";

void check_backend_data(const Node& node, const std::string& path, Context& context,
                        BackendDataConfig& c) {
  c.region = lowered(c.region);
  if (c.region.empty() || is_region(c.region)) return;
  const auto* entry = node.find("region");
  context.error(entry->value->mark, path + ".region",
                fmt::format("got {}, expected {}", describe(*entry->value), kRegionForm));
}

void check_demand(const Node& node, const std::string& path, Context& context, DataDemand& c) {
  const auto* entry = node.find("regions");
  for (std::size_t i = 0; i < c.regions.size(); ++i) {
    c.regions[i] = lowered(c.regions[i]);
    if (!is_region(c.regions[i]))
      context.error(entry->value->mark,
                    fmt::format("{}regions[{}]", path.empty() ? "" : path + ".", i),
                    fmt::format("got no region, expected {}", kRegionForm));
  }
}

const Section& demand_section() {
  using C = DataDemand;
  static const Section section =
      SectionBuilder<C>("a data rule", "What the backends of these prompts must be.")
          .leaf(&C::regions, {.name = "regions",
                              .doc = "Only backends whose `data.region` is one of these",
                              .origin = kOurs,
                              .range = {0, kMostRegions}})
          .leaf(&C::zero_retention_only, {.name = "zero_retention_only",
                                          .doc = "Only backends with `data.zero_retention: true`",
                                          .origin = kOurs})
          .check(check_demand)
          .build();
  return section;
}

bool fits(const BackendConfig& backend, const DataDemand& demand) {
  const auto& data = backend.data;
  const bool in_region = demand.regions.empty() ||
                         std::ranges::find(demand.regions, data.region) != demand.regions.end();
  return in_region && (data.zero_retention || !demand.zero_retention_only);
}

// What keys mean is the same in both modules but for the words.
struct AuditWords {
  std::string_view texts;
  std::string_view on_failure;
  void (*check)(const Node&, const std::string&, Context&, AuditConfig&);
};

Section audit_section_of(const AuditWords& words) {
  using C = AuditConfig;
  return SectionBuilder<C>("the audit", "A record of every answer; see [audit.md](audit.md).")
      .leaf(&C::enabled, {.name = "enabled", .doc = "Whether records are written", .origin = kOurs})
      .leaf(&C::path,
            {.name = "path", .doc = "The folder; absent: `audit` in `data_dir`", .origin = kOurs})
      .leaf(&C::texts, {.name = "texts", .doc = words.texts, .origin = kOurs})
      .leaf(&C::retention, {.name = "retention",
                            .doc = "Older files are removed",
                            .origin = kOurs,
                            .range = {1, kMostDays}})
      .leaf(&C::anchor,
            {.name = "anchor",
             .doc = "daily: the hash of the last record is a record of its own and a line of "
                    "the log every day; off",
             .origin = kOurs})
      .leaf(&C::anchor_file, {.name = "anchor_file",
                              .doc = "A file that gets a line for each anchor, on another disk "
                                     "or machine; absent: none",
                              .origin = kOurs})
      .leaf(&C::on_failure, {.name = "on_failure", .doc = words.on_failure, .origin = kOurs})
      .leaf(&C::max_file_bytes, {.name = "max_file_bytes",
                                 .doc = "Then the next file begins; each day has one anyway",
                                 .origin = kOurs,
                                 .format = Format::bytes,
                                 .range = {64.0 * kKiB, 16.0 * kGiB}})
      .check(words.check)
      .build();
}

}  // namespace

const Section& audit_section(ModuleKind kind) {
  static const Section llm = audit_section_of(
      {"Which texts are kept: none, prompts, answers or all",
       "refuse: no prompt is answered while the audit cannot be written; continue: they are, and a "
       "record tells later how many are missing",
       check_llm_audit});
  static const Section web = audit_section_of(
      {"Which texts are kept: none, requests, answers or all",
       "refuse: nothing is answered while the audit cannot be written; continue: it is, and a "
       "record tells later how much is missing",
       check_web_audit});
  return kind == ModuleKind::llm ? llm : web;
}

const Section& backend_data_section() {
  using C = BackendDataConfig;
  static const Section section =
      SectionBuilder<C>("data", "What may be sent to the backend, and what it is.")
          .leaf(&C::no_images,
                {.name = "no_images", .doc = "It gets no prompt with images", .origin = kOurs})
          .leaf(&C::no_personal_data,
                {.name = "no_personal_data",
                 .doc = "It gets no prompt in which personal data is found (docs/guards.md)",
                 .origin = kOurs})
          .leaf(&C::region, {.name = "region",
                             .doc = "Where it works, a name of your choice, such as `eu`",
                             .origin = kOurs})
          .leaf(&C::zero_retention,
                {.name = "zero_retention",
                 .doc = "It keeps nothing of what it gets, as your contract with it says",
                 .origin = kOurs})
          .check(check_backend_data)
          .build();
  return section;
}

const Section& data_rules_section() {
  using C = DataRulesConfig;
  static const Section section =
      SectionBuilder<C>("data rules",
                        "What backends must be for prompts to reach them; see "
                        "[routing.md](routing.md).")
          .inlined(&C::all, demand_section())
          .section(&C::images, demand_section(),
                   {.name = "images", .doc = "Further, of prompts with images", .origin = kOurs})
          .section(&C::personal_data, demand_section(),
                   {.name = "personal_data",
                    .doc = "Further, of prompts in which personal data is found",
                    .origin = kOurs})
          .build();
  return section;
}

void check_data_rules(const Node& root, Context& context, const LlmConfig& config) {
  const auto* rules = root.find("data_rules");
  if (rules == nullptr || config.backends.empty()) return;
  const auto check = [&](const DataDemand& demand, const std::string& path) {
    const auto fit = [&](const BackendConfig& backend) { return fits(backend, demand); };
    if (!demand.any() || std::ranges::any_of(config.backends, fit)) return;
    context.warn(rules->mark, path, "no backend fits it: every such prompt will be refused");
  };
  check(config.data_rules.all, "data_rules");
  check(config.data_rules.images, "data_rules.images");
  check(config.data_rules.personal_data, "data_rules.personal_data");
}

}  // namespace gvm::config
