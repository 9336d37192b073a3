#include "llm/handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error_codes.h"
#include "base/json.h"
#include "envelope/reply.h"
#include "host/functions.h"
#include "host/image_recipe.h"
#include "llm/budget_gauge.h"
#include "llm/functions.h"
#include "llm/session.h"
#include "llm/status_parts.h"
#include "scripted/audit_of_config.h"
#include "scripted/config_part.h"
#include "scripted/current.h"
#include "scripted/generation.h"
#include "scripted/program.h"

namespace gvm::llm {
namespace {

class LlmService final : public serve::Service {
 public:
  LlmService(std::shared_ptr<const Shared> shared, BudgetGauge::Later later)
      : parts_(*shared->config), budgets_(std::move(later)), current_(std::move(shared)) {}

  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t session_id) override {
    return std::make_unique<LlmSession>(current_.get(), lane, session_id);
  }
  // Only the length-prefixed framing has such replies, and only generation C speaks it.
  std::string fatal_reply(const Error& error) override {
    return envelope::encode_error(error, envelope::Generation::c);
  }
  // Lanes have stopped: spending is written to the ledger before the process ends.
  ~LlmService() override {
    const auto now = current_.get();
    now->engine->spending->close();
    if (now->audit) now->audit->close();
  }

  scripted::Current<Shared>& current() { return current_; }

  void collect_metrics(metrics::Exposition& out) override {
    const auto now = current_.get();
    now->counters->write_to(out);
    now->engine->router->write_to(out);
    now->engine->spending->write_to(out);
    if (now->engine->spending->ledger() != nullptr) budgets_.write_to(out, now->config);
    if (now->guards) now->guards->write_to(out);
    if (now->audit) now->audit->write_to(out);
    if (now->config->greybox.enabled()) now->greybox_counters->write_to(out);
    now->judge_counters->write_to(out);
    scripted::write_shared(out, *now);
    scripted::write_generation(out, "genvm_llm", now->generation, current_.earlier());
  }

  Health health() override {
    const auto now = current_.get();
    const auto backends = static_cast<std::int64_t>(now->config->backends.size());
    Health health;
    health.details = Value::fields("backends", Value::integer(backends), "generation",
                                   Value::integer(Integer::from_u64(now->generation)));
    return health;
  }

  std::optional<asio::awaitable<serve::HttpAnswer>> status_part(std::string_view target) override {
    const auto path = target.substr(0, target.find('?'));
    const auto query = target.substr(std::min(path.size() + 1, target.size()));
    if (path == scripted::kConfigPart)
      return scripted::config_part(current_.get()->config->common.shown);
    if (path == StatusParts::kBudgets) return parts_.budgets(current_.get()->config);
    if (path == StatusParts::kDecisions) return parts_.decisions(std::string(query));
    return std::nullopt;
  }

 private:
  StatusParts parts_;
  BudgetGauge budgets_;
  scripted::Current<Shared> current_;
};

// No answer may repeat what the operator tells models.
std::vector<std::string> system_texts_of(const config::PromptTemplates& templates) {
  std::vector<std::string> texts;
  for (const auto* each : {&templates.eq_comparative, &templates.eq_non_comparative_leader,
                           &templates.eq_non_comparative_validator})
    if (!each->system.empty()) texts.push_back(each->system);
  return texts;
}

Result<void> add_engine(Shared& shared, const config::Environment& environment,
                        const log::Logger& logger, const Shared* before) {
  auto router = dispatch::Router::make(*shared.catalog,
                                       before == nullptr ? nullptr : before->engine->router.get());
  if (!router) return fail(std::move(router).error());
  auto spending = before == nullptr ? billing::Spending::open(shared.config, environment, logger)
                                    : billing::Spending::reopen(*before->engine->spending,
                                                                shared.config, environment, logger);
  if (!spending) return fail(std::move(spending).error());
  shared.engine = std::make_shared<dispatch::Engine>();
  shared.engine->router = std::move(*router);
  shared.engine->spending = std::move(*spending);
  shared.engine->failures = std::make_unique<log::SampledLogger>(
      logger, log::SampledLogger::kInterval, dispatch::kFailuresShown);
  return {};
}

// A reload goes on with the same audit.
Result<void> add_audit(Shared& shared, const log::Logger& logger, const Shared* before) {
  if (before != nullptr) {
    shared.audit = before->audit;
    return {};
  }
  const auto& config = *shared.config;
  auto opened = scripted::open_audit("llm", config.audit, config.common, logger);
  if (!opened) return fail(std::move(opened).error());
  shared.audit = std::move(*opened);
  return {};
}

// `before`: of the configuration before; null at the start.
Result<std::shared_ptr<const Shared>> build(std::shared_ptr<const config::LlmConfig> config,
                                            const config::Environment& environment,
                                            const scripted::ModuleParts& parts,
                                            const Shared* before) {
  if (auto checked = check_image_filters(config->greybox); !checked)
    return fail(std::move(checked).error());
  auto program = load_script(*config);
  if (!program) return fail(std::move(program).error());
  auto shared = std::make_unique<Shared>();
  shared->config = config;
  shared->program = std::move(*program);
  if (auto added = scripted::complete(*shared, config->common, parts, before); !added)
    return fail(std::move(added).error());
  if (before != nullptr) shared->counters = std::make_unique<provider::Counters>(*before->counters);
  shared->catalog = std::make_unique<provider::Catalog>(config, parts.redactor, *shared->counters,
                                                        parts.logger.child("provider"));
  if (auto added = add_engine(*shared, environment, parts.logger, before); !added)
    return fail(std::move(added).error());
  if (auto added = add_audit(*shared, parts.logger, before); !added)
    return fail(std::move(added).error());
  if (before != nullptr) shared->greybox_counters = before->greybox_counters;
  if (before != nullptr) shared->judge_counters = before->judge_counters;
  shared->guards = guarded::Guards::make(config->guards, system_texts_of(config->prompt_templates));
  return scripted::freed_later(std::move(shared), parts);
}

}  // namespace

std::string hand_over(serve::Service& service) {
  return static_cast<LlmService&>(service).current().get()->engine->router->hand_over();
}

void take_over(serve::Service& service, std::string_view known) {
  static_cast<LlmService&>(service).current().get()->engine->router->take_over(known);
}

script::HostTable host_table(const config::LlmConfig& config) {
  script::HostTable table = host::common_table(scripted::common_options(config.common));
  add_llm_functions(table, config);
  return table;
}

script::ProgramOptions script_options(const config::LlmConfig& config) {
  return scripted::program_options(config.common, host_table(config), "lib-llm",
                                   {"ExecPrompt", "ExecPromptTemplate"});
}

Result<std::shared_ptr<const script::Program>> load_script(const config::LlmConfig& config) {
  return script::Program::load(script_options(config));
}

Result<void> check_image_filters(const config::GreyboxConfig& greybox) {
  for (const auto kind : config::kPromptKinds)
    for (const auto& [filter, probability, where] : greybox.of(kind).image_filters) {
      const auto steps = host::read_image_filters("greybox", Value::array({filter}));
      if (steps) continue;
      const Value* form = steps.error().ctx().find("expected");
      return fail(codes::kInvalidConfig, Fatality::fatal,
                  fmt::format("{}got {}, expected {}", where, json::write(filter),
                              form == nullptr ? "a filter" : form->as_string().value_or("")));
    }
  return {};
}

Result<std::unique_ptr<serve::Service>> make_llm_service(
    std::shared_ptr<const config::LlmConfig> config, const config::Environment& environment,
    const scripted::ModuleParts& parts) {
  auto shared = build(std::move(config), environment, parts, nullptr);
  if (!shared) return fail(std::move(shared).error());
  return std::make_unique<LlmService>(std::move(*shared), parts.later);
}

Result<scripted::Commit> prepare_reload(serve::Service& service,
                                        std::shared_ptr<const config::LlmConfig> config,
                                        const config::Environment& environment,
                                        const scripted::ModuleParts& parts) {
  auto& current = static_cast<LlmService&>(service).current();
  const auto before = current.get();
  auto next = build(std::move(config), environment, parts, before.get());
  if (!next) return fail(std::move(next).error());
  return [&current, next = std::move(*next)]() mutable {
    const auto replaced = current.replace(next);
    replaced->engine->spending->supersede(*next->engine->spending);
    replaced->pools->retire();
    next.reset();
  };
}

}  // namespace gvm::llm
