#include "guarded/guards.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "base/json.h"

namespace gvm::guarded {
namespace {

constexpr std::size_t place_of(guard::Stage stage) {
  return static_cast<std::size_t>(stage);
}

constexpr std::array<std::string_view, 3> kOpinionNames = {"passes", "flagged", "none"};

// In place of a text of an error that is refused.
constexpr std::string_view kRemoved = "[removed by a guard]";

// Eight letters that only the session knows.
std::string marker_of(std::uint64_t seed) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz012345";
  constexpr std::size_t kSize = 8;
  std::string marker;
  // Mixed by splitmix64, so that seeds in a row have nothing in common.
  std::uint64_t bits = seed + 0x9E3779B97F4A7C15;
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
  bits ^= bits >> 31;
  for (std::size_t i = 0; i < kSize; ++i, bits >>= 5) marker += kLetters[bits & 31];
  return marker;
}

}  // namespace

std::shared_ptr<Guards> Guards::make(const config::GuardsConfig& config,
                                     const std::vector<std::string>& system_texts) {
  if (!config.compiled) return nullptr;
  return std::shared_ptr<Guards>(new Guards(config, system_texts));
}

Guards::Guards(const config::GuardsConfig& config, const std::vector<std::string>& system_texts)
    : rules_(config.compiled),
      moderators_(config.moderators),
      system_texts_(system_texts, config.canaries),
      enforce_(config.enforce),
      restore_(config.restore),
      fired_(rules_->rules().size()),
      opinions_(moderators_.size()) {}

void Guards::count(const config::ModeratorConfig& moderator, Opinion opinion) {
  const auto index = static_cast<std::size_t>(&moderator - moderators_.data());
  ++opinions_[index][static_cast<std::size_t>(opinion)];
}

void Guards::count(guard::Stage stage, const Result<guard::Verdict>& verdict) {
  ++texts_[place_of(stage)];
  if (!verdict) {
    ++failures_[place_of(stage)];
    return;
  }
  std::vector<const guard::Rule*> seen;
  for (const auto& finding : verdict->findings) {
    if (std::ranges::find(seen, finding.rule) != seen.end()) continue;
    seen.push_back(finding.rule);
    ++fired_[static_cast<std::size_t>(finding.rule - rules_->rules().data())];
  }
}

void Guards::write_to(metrics::Exposition& out) const {
  auto texts =
      out.family("genvm_guard_texts_total", metrics::Type::counter, "Texts that guards looked at.");
  for (const auto stage : guard::kStages)
    texts.sample(texts_[place_of(stage)].load(), {{"stage", name_of(stage)}});
  auto failures = out.family("genvm_guard_failures_total", metrics::Type::counter,
                             "Texts that were refused because they could not be judged or masked.");
  for (const auto stage : guard::kStages)
    failures.sample(failures_[place_of(stage)].load(), {{"stage", name_of(stage)}});
  auto fired = out.family("genvm_guard_fired_total", metrics::Type::counter,
                          "Texts in which a guard rule fired.");
  for (std::size_t i = 0; i < fired_.size(); ++i) {
    const auto& rule = rules_->rules()[i];
    fired.sample(fired_[i].load(), {{"rule", rule.name},
                                    {"action", name_of(rule.action)},
                                    {"dry_run", rule.dry_run ? "true" : "false"}});
  }
  auto opinions = out.family("genvm_guard_moderations_total", metrics::Type::counter,
                             "What moderators said; none: no usable verdict in time.");
  for (std::size_t i = 0; i < opinions_.size(); ++i)
    for (std::size_t kind = 0; kind < kOpinions; ++kind)
      opinions.sample(opinions_[i][kind].load(),
                      {{"moderator", moderators_[i].name}, {"opinion", kOpinionNames[kind]}});
}

SessionGuards::SessionGuards(std::shared_ptr<Guards> guards, std::uint64_t seed)
    : guards_(std::move(guards)), placeholders_(marker_of(seed)) {}

Result<guard::Verdict> SessionGuards::look(guard::Stage stage, std::string_view text,
                                           const Beside& beside) {
  auto verdict = guards_->rules().inspect({.stage = stage,
                                           .text = text,
                                           .scope = beside.scope,
                                           .placeholders = &placeholders_,
                                           .system_texts = &guards_->system_texts(),
                                           .prompt_texts = beside.prompt_texts,
                                           .links = beside.links,
                                           .effort = beside.effort});
  if (beside.effort != nullptr && beside.effort->exhausted()) return verdict;
  guards_->count(stage, verdict);
  if (verdict && !verdict->findings.empty()) note_fired(*verdict);
  return verdict;
}

void SessionGuards::note_fired(const guard::Verdict& verdict) {
  const std::lock_guard lock(fired_mutex_);
  for (const auto& finding : verdict.findings)
    if (std::ranges::find(fired_, finding.rule) == fired_.end()) fired_.push_back(finding.rule);
}

std::vector<std::string> SessionGuards::take_fired() {
  const std::lock_guard lock(fired_mutex_);
  std::vector<std::string> names;
  for (const auto* rule : std::exchange(fired_, {})) names.push_back(rule->name);
  return names;
}

Passed<std::string> SessionGuards::pass(guard::Stage stage, std::string_view text,
                                        const Beside& beside) {
  auto verdict = look(stage, text, beside);
  if (!verdict) return std::unexpected(Refusal{std::move(verdict).error()});
  if (verdict->action == guard::Action::block)
    return std::unexpected(Refusal{verdict->error(stage), verdict->fails_over()});
  return std::move(verdict->text);
}

Passed<void> SessionGuards::pass_strings(guard::Stage stage, Value& value, const Beside& beside) {
  auto each = beside;
  each.scope = guard::Scope::places;
  std::optional<Refusal> refused;
  rewrite_value_strings(value, [&](std::string_view text) {
    if (refused) return std::string();
    auto passed = pass(stage, text, each);
    if (passed) return std::move(*passed);
    refused = std::move(passed).error();
    return std::string();
  });
  if (refused) return std::unexpected(std::move(*refused));
  return {};
}

Passed<void> SessionGuards::pass(guard::Stage stage, Value& value, const Beside& beside) {
  if (const auto text = value.as_string()) {
    auto passed = pass(stage, *text, beside);
    if (!passed) return std::unexpected(std::move(passed).error());
    value = Value::string(std::move(*passed));
    return {};
  }
  if (auto passed = pass_strings(stage, value, beside); !passed) return passed;
  const auto whole = json::write(value);
  auto passed = pass(stage, whole, beside);
  if (!passed) return std::unexpected(std::move(passed).error());
  if (*passed != whole)
    return std::unexpected(Refusal{Error(codes::kGuardMaskFailed, Fatality::user,
                                         "a rule masks what spans several texts of a value")});
  return {};
}

std::shared_ptr<const guard::SystemTexts> SessionGuards::texts_of_prompt(
    const std::optional<std::string>& text) {
  if (!text || !guards_->rules().has(guard::RuleKind::canary, guard::Stage::output)) return nullptr;
  {
    const std::lock_guard lock(texts_mutex_);
    if (last_texts_ != nullptr && last_system_text_ == *text) return last_texts_;
  }
  auto made =
      std::make_shared<const guard::SystemTexts>(std::vector{*text}, std::vector<std::string>());
  auto own = *text;
  const std::lock_guard lock(texts_mutex_);
  last_system_text_ = std::move(own);
  last_texts_ = made;
  return made;
}

std::string SessionGuards::cleaned(guard::Stage stage, std::string_view text,
                                   guard::Effort* effort) {
  auto passed = pass(stage, text, {.scope = guard::Scope::places, .effort = effort});
  return passed ? std::move(*passed) : std::string(kRemoved);
}

void SessionGuards::clean(guard::Stage stage, Error& error, guard::Effort* effort) {
  const auto rewrite = [this, stage, effort](std::string_view text) {
    return cleaned(stage, text, effort);
  };
  std::vector<std::string> causes = error.causes();
  for (std::size_t i = 1; i < causes.size(); ++i) causes[i] = rewrite(causes[i]);
  Value ctx = error.ctx();
  for (auto& [key, field] : *ctx.as_map()) rewrite_value_strings(field, rewrite);
  error =
      Error(std::move(causes), error.fatal() ? Fatality::fatal : Fatality::user, std::move(ctx));
}

bool SessionGuards::may_restore() const {
  return guards_->restore() && placeholders_.size() > 0;
}

std::string SessionGuards::restored(std::string_view text) const {
  return guards_->restore() ? placeholders_.restore(text) : std::string(text);
}

void SessionGuards::restore(Value& value) const {
  if (!may_restore()) return;
  rewrite_value_strings(value,
                        [this](std::string_view text) { return placeholders_.restore(text); });
}

Value to_value(const guard::Verdict& verdict) {
  Value::Array findings;
  for (const auto& finding : verdict.findings) {
    findings.push_back(
        Value::fields("rule", Value::string(finding.rule->name), "kind",
                      Value::string(std::string(finding.label)), "action",
                      Value::string(std::string(name_of(finding.rule->action))), "dry_run",
                      Value::boolean(finding.rule->dry_run), "from",
                      Value::integer(static_cast<std::int64_t>(finding.span.begin + 1)), "to",
                      Value::integer(static_cast<std::int64_t>(finding.span.end))));
  }
  return Value::fields("action", Value::string(std::string(name_of(verdict.action))), "text",
                       Value::string(verdict.text), "refusal", Value::boolean(verdict.refusal),
                       "rules", Value::array(std::move(findings)));
}

}  // namespace gvm::guarded
