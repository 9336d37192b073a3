#include "llm/handler.h"

#include <atomic>

#include "envelope/reply.h"
#include "host/functions.h"
#include "host/lua_libraries.h"
#include "llm/functions.h"
#include "llm/session.h"

namespace gvm::llm {
namespace {

class LlmService final : public serve::Service {
 public:
  explicit LlmService(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t session_id) override {
    return std::make_unique<LlmSession>(shared_, lane, session_id);
  }
  std::string fatal_reply(const Error& error) override { return envelope::encode_error(error); }
  void collect_metrics(std::string& out) override { shared_->counters->write_to(out); }

  Health health() override {
    Value::Array names;
    for (const auto& backend : shared_->config->backends)
      names.push_back(Value::string(backend.name));
    Health health;
    health.healthy = true;
    health.details =
        Value::fields("backends", Value::integer(static_cast<std::int64_t>(names.size())));
    return health;
  }

 private:
  std::shared_ptr<const Shared> shared_;
};

script::Limits limits_of(const config::ScriptConfig& config) {
  script::Limits limits;
  limits.memory_bytes = config.memory;
  limits.cpu_slice = config.cpu_slice;
  limits.cpu_total = config.cpu_total;
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
    log::Logger logger) {
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
  return std::make_unique<LlmService>(std::move(shared));
}

}  // namespace gvm::llm
