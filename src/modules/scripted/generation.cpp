#include "scripted/generation.h"

#include <string>

#include "script/live_states.h"
#include "scripted/traces.h"

namespace gvm::scripted {
namespace {

// The clients of the lanes have the settings of the start. Each further setting has its own.
Result<std::shared_ptr<HttpClients>> clients_of(const ModuleParts& parts,
                                                const ModuleContext* before) {
  auto settings = HttpSettings::of(parts.http);
  if (before == nullptr)
    return std::make_shared<HttpClients>(parts.lanes, std::move(settings), HttpClients::Of::lanes);
  if (auto usable = check_trust(parts.http); !usable) return fail(std::move(usable).error());
  if (before->http->settings() == settings) return before->http;
  return std::make_shared<HttpClients>(parts.lanes, std::move(settings), HttpClients::Of::own);
}

}  // namespace

Result<void> complete(ModuleContext& context, const config::CommonConfig& config,
                      const ModuleParts& parts, const ModuleContext* before) {
  auto keys = host::SigningKeys::load(config.signing);
  if (!keys) return fail(std::move(keys).error());
  auto clients = clients_of(parts, before);
  if (!clients) return fail(std::move(clients).error());
  context.signing_keys = std::move(*keys);
  context.http = std::move(*clients);
  context.redactor = parts.redactor;
  context.logger = parts.logger;
  context.log_content = config.log_content;
  context.failures = failures_of(parts.logger);
  context.pools = std::make_shared<Pools>(parts.lanes, context.program, config.vm_count);
  context.traces = config.traces;
  context.tracer = tracer_of(config.traces, parts, before);
  context.generation = before == nullptr ? 1 : before->generation + 1;
  return {};
}

void write_shared(metrics::Exposition& out, const ModuleContext& context) {
  out.family("genvm_script_states", metrics::Type::gauge,
             "Lua states, those that wait for a session among them.")
      .sample(script::live_states());
  if (context.tracer) context.tracer->write_to(out);
}

void write_generation(metrics::Exposition& out, std::string_view prefix, std::uint64_t generation,
                      std::size_t earlier) {
  using metrics::Type;
  const std::string name = std::string(prefix) + "_config_generation";
  out.family(name, Type::gauge, "Configurations in use since the start; 1: never reloaded.")
      .sample(generation);
  const std::string old = name + "s_old";
  out.family(old, Type::gauge, "Earlier configurations that sessions still have.").sample(earlier);
}

}  // namespace gvm::scripted
