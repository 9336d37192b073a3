#include "llm/handler.h"

#include <vector>

#include "envelope/reply.h"
#include "host/functions.h"
#include "host/lua_libraries.h"
#include "llm/functions.h"
#include "llm/session.h"

namespace gvm::llm {
namespace {

class LlmService final : public serve::Service {
 public:
  LlmService(std::shared_ptr<const Shared> shared, std::size_t lanes)
      : shared_(std::move(shared)), pools_(lanes) {}

  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t) override {
    return std::make_unique<LlmSession>(shared_, lane, pool_of(lane));
  }
  std::string fatal_reply(const Error& error) override { return envelope::encode_error(error); }
  void collect_metrics(std::string& out) override { shared_->counters->write_to(out); }

  Health health() override {
    const auto backends = static_cast<std::int64_t>(shared_->config->backends.size());
    Health health;
    health.details = Value::fields("backends", Value::integer(backends));
    return health;
  }

 private:
  // Made by the lane's first session: an idle module keeps no Lua state.
  script::SessionPool& pool_of(net::Lane& lane) {
    auto& pool = pools_[lane.index()];
    if (!pool) {
      const std::size_t kept = shared_->config->common.vm_count;
      const std::size_t share = (kept + pools_.size() - 1) / pools_.size();
      pool = std::make_unique<script::SessionPool>(shared_->program, lane.executor(), share);
    }
    return *pool;
  }

  std::shared_ptr<const Shared> shared_;
  // By lane, each touched by its own thread only.
  std::vector<std::unique_ptr<script::SessionPool>> pools_;
};

script::Limits limits_of(const config::ScriptConfig& config) {
  script::Limits limits;
  limits.memory_bytes = config.memory;
  limits.cpu_slice = config.cpu_slice;
  limits.cpu_total = config.cpu_total;
  limits.cpu_unyielding = config.cpu_unyielding;
  return limits;
}

}  // namespace

script::HostTable host_table(const config::LlmConfig& config) {
  host::CommonOptions options;
  options.data_dir = config.common.data_dir;
  script::HostTable table = host::common_table(options);
  add_llm_functions(table, config);
  return table;
}

Result<std::unique_ptr<serve::Service>> make_llm_service(
    std::shared_ptr<const config::LlmConfig> config, std::shared_ptr<const Redactor> redactor,
    log::Logger logger, std::size_t lanes) {
  script::ProgramOptions options;
  options.script_path = config->common.lua_script_path;
  options.lua_path = config->common.lua_path;
  options.required_entries = {"ExecPrompt", "ExecPromptTemplate"};
  options.libraries = host::common_libraries();
  options.libraries.push_back(host::library("lib-llm"));
  options.host = host_table(*config);
  options.limits = limits_of(config->common.script);
  auto program = script::Program::load(std::move(options));
  if (!program) return fail(std::move(program).error());

  auto shared = std::make_shared<Shared>();
  shared->config = config;
  shared->redactor = redactor;
  shared->program = std::move(*program);
  shared->catalog = std::make_unique<Catalog>(config, redactor, *shared->counters);
  shared->logger = std::move(logger);
  return std::make_unique<LlmService>(std::move(shared), lanes);
}

}  // namespace gvm::llm
