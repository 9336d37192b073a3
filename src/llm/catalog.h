#pragma once
// The backends and models of a running module, ready to be called: URLs joined, defaults resolved.
// Built once from the configuration, then immutable and shared by all lanes.
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/redactor.h"
#include "base/secret.h"
#include "llm/dialect.h"
#include "net/http_client.h"

namespace gvm::llm {

// What the operator allows for one parameter. A script's value outside is moved to the nearest
// bound; a parameter that the model does not take is left out.
struct NumberRule {
  std::optional<double> default_value;
  std::optional<double> min;
  std::optional<double> max;
};

struct SamplingRules {
  NumberRule temperature;
  NumberRule top_p;
  NumberRule top_k;
  NumberRule presence_penalty;
  NumberRule frequency_penalty;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> stop;
};

struct ModelEntry {
  std::string name;      // what scripts call it
  std::string upstream;  // the (pinned) name sent to the provider
  bool supports_json = false;
  bool supports_image = false;
  bool use_max_completion_tokens = false;
  SamplingRules sampling;
  std::optional<std::uint32_t> max_tokens_default;
  std::optional<std::uint32_t> max_tokens_ceiling;
  std::optional<std::chrono::milliseconds> timeout;
  std::size_t counters = 0;  // index into Counters
};

struct RetryRule {
  unsigned attempts = 1;  // in all; 1: no retry, the script fails over
  std::chrono::milliseconds backoff{250};
  std::chrono::milliseconds max_backoff{5'000};
  std::set<int> statuses;
};

struct BackendEntry {
  std::string name;
  ProviderKind kind = ProviderKind::openai_compatible;
  std::string host;  // scheme, authority and base path, without a trailing '/'
  std::vector<net::SecretHeader> secret_headers;
  std::vector<net::HttpHeader> headers;
  std::string api_version;
  net::HttpTimeouts timeouts;
  RetryRule retry;
  std::optional<std::chrono::milliseconds> timeout;
  std::map<std::string, ModelEntry, std::less<>> models;
};

struct Catalog {
  std::map<std::string, BackendEntry, std::less<>> backends;
  std::optional<std::chrono::milliseconds> timeout;
  std::shared_ptr<const Redactor> redactor = std::make_shared<Redactor>();

  struct Found {
    const BackendEntry* backend;
    const ModelEntry* model;
  };
  // UNKNOWN_PROVIDER naming what there is.
  Result<Found> find(std::string_view backend, std::string_view model) const;
};

}  // namespace gvm::llm
