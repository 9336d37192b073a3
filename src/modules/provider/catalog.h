#pragma once
// The backends and models of a running module, ready to be called: their configuration, prepared
// headers, and rows in the counters. Built once, then immutable and shared by all lanes.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/redactor.h"
#include "config/llm_config.h"
#include "net/http_header.h"
#include "provider/counters.h"
#include "provider/dialect.h"

namespace gvm::provider {

struct ModelEntry {
  const config::ModelConfig* config = nullptr;
  std::size_t counters = 0;  // row in Counters
};

struct BackendEntry {
  const config::BackendConfig* config = nullptr;
  const Dialect* dialect = nullptr;
  std::vector<std::string> endpoints;                     // `host`, then `hosts`
  std::vector<std::vector<net::SecretHeader>> headers;    // by key: its own and the operator's
  std::map<std::string, ModelEntry, std::less<>> models;  // by name and by alias
};

class Catalog {
 public:
  // Gives every model a row in `counters`.
  Catalog(std::shared_ptr<const config::LlmConfig> config, std::shared_ptr<const Redactor> redactor,
          Counters& counters, log::Logger logger = {});

  struct Found {
    const BackendEntry* backend;
    const ModelEntry* model;
  };
  // UNKNOWN_PROVIDER naming what there is.
  Result<Found> find(std::string_view backend, std::string_view model) const;

  const std::map<std::string, BackendEntry, std::less<>>& backends() const { return backends_; }
  const config::LlmConfig& config() const { return *config_; }
  const Redactor& redactor() const { return *redactor_; }
  // Logs what is learned about a model.
  const log::Logger& logger() const { return logger_; }

 private:
  std::shared_ptr<const config::LlmConfig> config_;
  std::shared_ptr<const Redactor> redactor_;
  log::Logger logger_;
  std::map<std::string, BackendEntry, std::less<>> backends_;
};

}  // namespace gvm::provider
