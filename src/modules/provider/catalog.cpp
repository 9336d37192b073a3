#include "provider/catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "provider/codes.h"

namespace gvm::provider {
namespace {

template <class Map>
std::string names_of(const Map& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : map) names.push_back(name);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

const Dialect& dialect_for(config::Provider provider) {
  switch (provider) {
    case config::Provider::openai_compatible:
      return dialect_of(ProviderKind::openai_compatible);
    case config::Provider::anthropic:
      return dialect_of(ProviderKind::anthropic);
    case config::Provider::google:
      return dialect_of(ProviderKind::google);
    case config::Provider::ollama:
      return dialect_of(ProviderKind::ollama);
  }
  return dialect_of(ProviderKind::openai_compatible);
}

std::vector<net::SecretHeader> headers_of(const config::BackendConfig& backend, const Secret& key) {
  std::vector<net::SecretHeader> headers;
  const auto style = backend.auth.style.value_or(config::AuthStyle::none);
  if (!key.empty() && style == config::AuthStyle::bearer) {
    headers.push_back({"authorization", "Bearer ", key});
  }
  if (!key.empty() && style == config::AuthStyle::header) {
    headers.push_back({backend.auth.header, "", key});
  }
  for (const auto& extra : backend.headers) headers.push_back({extra.name, "", extra.value});
  return headers;
}

BackendEntry make_entry(const config::BackendConfig& backend, Counters& counters) {
  BackendEntry entry;
  entry.config = &backend;
  entry.dialect = &dialect_for(backend.provider());
  entry.endpoints.push_back(backend.host);
  entry.endpoints.insert(entry.endpoints.end(), backend.hosts.begin(), backend.hosts.end());
  entry.headers.push_back(headers_of(backend, backend.key));
  for (const auto& key : backend.keys) entry.headers.push_back(headers_of(backend, key));
  for (const auto& model : backend.models) {
    const ModelEntry made{&model,
                          counters.add(backend.name, model.name,
                                       fmt::format("{} {}", backend.host, model.upstream_name()))};
    entry.models.emplace(model.name, made);
    if (!model.alias.empty()) entry.models.emplace(model.alias, made);
  }
  return entry;
}

}  // namespace

Catalog::Catalog(std::shared_ptr<const config::LlmConfig> config,
                 std::shared_ptr<const Redactor> redactor, Counters& counters, log::Logger logger)
    : config_(std::move(config)), redactor_(std::move(redactor)), logger_(std::move(logger)) {
  for (const auto& backend : config_->backends) {
    backends_.emplace(backend.name, make_entry(backend, counters));
  }
}

Result<Catalog::Found> Catalog::find(std::string_view backend, std::string_view model) const {
  const auto at = backends_.find(backend);
  if (at == backends_.end()) {
    return fail(codes::kUnknownProvider, Fatality::fatal,
                fmt::format("no backend \"{}\"; there are: {}", backend, names_of(backends_)));
  }
  const auto found = at->second.models.find(model);
  if (found == at->second.models.end()) {
    return fail(codes::kUnknownProvider, Fatality::fatal,
                fmt::format("backend \"{}\" has no model \"{}\"; it has: {}", backend, model,
                            names_of(at->second.models)));
  }
  return Found{&at->second, &found->second};
}

}  // namespace gvm::provider
