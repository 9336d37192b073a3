#include "scripted/traces.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

namespace gvm::scripted {
namespace {

bool same_headers(const std::vector<config::ExtraHeader>& a,
                  const std::vector<config::ExtraHeader>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.name == y.name && x.value.reveal() == y.value.reveal();
  });
}

bool same(const config::TracesConfig& a, const config::TracesConfig& b) {
  return a.endpoint == b.endpoint && same_headers(a.headers, b.headers) && a.sample == b.sample &&
         a.service_name == b.service_name && a.propagate == b.propagate && a.timeout == b.timeout &&
         a.max_queue == b.max_queue;
}

trace::TracerOptions options_of(const config::TracesConfig& config, const ModuleParts& parts) {
  trace::TracerOptions options;
  options.endpoint = config.endpoint;
  for (const auto& header : config.headers)
    options.headers.push_back({header.name, "", header.value});
  options.sample = config.sample;
  options.propagate = config.propagate;
  options.timeout = config.timeout;
  options.max_queue = config.max_queue;
  options.resource.service_name = config.service_name.empty() ? parts.program : config.service_name;
  options.resource.service_version = parts.version;
  options.resource.instance = std::to_string(::getpid());
  options.http = parts.http;
  return options;
}

}  // namespace

std::shared_ptr<const trace::Tracer> tracer_of(const config::TracesConfig& config,
                                               const ModuleParts& parts,
                                               const ModuleContext* before) {
  if (config.endpoint.empty()) return nullptr;
  auto old = before == nullptr ? nullptr : before->tracer;
  if (old && same(config, before->traces) && before->redactor == parts.redactor &&
      before->http->settings() == HttpSettings::of(parts.http))
    return old;
  return std::make_shared<const trace::Tracer>(options_of(config, parts), parts.redactor,
                                               parts.logger.child("trace"),
                                               old ? old->counters() : nullptr);
}

}  // namespace gvm::scripted
