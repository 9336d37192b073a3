#include "llm/handler.h"

#include "envelope/reply.h"
#include "host/functions.h"
#include "llm/functions.h"
#include "llm/session.h"
#include "scripted/pools.h"
#include "scripted/program.h"

namespace gvm::llm {
namespace {

class LlmService final : public serve::Service {
 public:
  LlmService(std::shared_ptr<const Shared> shared, std::size_t lanes)
      : shared_(std::move(shared)), pools_(lanes, shared_->config->common.vm_count) {}

  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t) override {
    return std::make_unique<LlmSession>(shared_, lane, pools_.of(lane, shared_->program));
  }
  // Only the length-prefixed framing has such replies, and only generation C speaks it.
  std::string fatal_reply(const Error& error) override {
    return envelope::encode_error(error, envelope::Generation::c);
  }
  // Lanes have stopped: spending is written to the ledger before the process ends.
  ~LlmService() override { shared_->engine->spending->close(); }

  dispatch::Router& router() { return *shared_->engine->router; }

  void collect_metrics(metrics::Exposition& out) override {
    shared_->counters->write_to(out);
    shared_->engine->router->write_to(out);
    shared_->engine->spending->write_to(out);
  }

  Health health() override {
    const auto backends = static_cast<std::int64_t>(shared_->config->backends.size());
    Health health;
    health.details = Value::fields("backends", Value::integer(backends));
    return health;
  }

 private:
  std::shared_ptr<const Shared> shared_;
  scripted::Pools pools_;
};

}  // namespace

std::string hand_over(serve::Service& service) {
  return static_cast<LlmService&>(service).router().hand_over();
}

void take_over(serve::Service& service, std::string_view known) {
  static_cast<LlmService&>(service).router().take_over(known);
}

script::HostTable host_table(const config::LlmConfig& config) {
  script::HostTable table = host::common_table(scripted::common_options(config.common));
  add_llm_functions(table, config);
  return table;
}

Result<std::unique_ptr<serve::Service>> make_llm_service(
    std::shared_ptr<const config::LlmConfig> config, const config::Environment& environment,
    std::shared_ptr<const Redactor> redactor, log::Logger logger, std::size_t lanes) {
  auto program = scripted::load_program(config->common, host_table(*config), "lib-llm",
                                        {"ExecPrompt", "ExecPromptTemplate"});
  if (!program) return fail(std::move(program).error());

  auto signing_keys = host::SigningKeys::load(config->common.signing);
  if (!signing_keys) return fail(std::move(signing_keys).error());

  auto shared = std::make_shared<Shared>();
  shared->signing_keys = std::move(*signing_keys);
  shared->config = config;
  shared->redactor = redactor;
  shared->program = std::move(*program);
  shared->catalog = std::make_unique<provider::Catalog>(config, redactor, *shared->counters,
                                                        logger.child("provider"));
  auto router = dispatch::Router::make(*shared->catalog);
  if (!router) return fail(std::move(router).error());
  auto spending = billing::Spending::open(config, environment, logger);
  if (!spending) return fail(std::move(spending).error());
  shared->engine = std::make_shared<dispatch::Engine>();
  shared->engine->router = std::move(*router);
  shared->engine->spending = std::move(*spending);
  shared->logger = std::move(logger);
  return std::make_unique<LlmService>(std::move(shared), lanes);
}

}  // namespace gvm::llm
