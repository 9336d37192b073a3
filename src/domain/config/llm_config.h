#pragma once
// The settings of the LLM module, ready for use: disabled and unusable backends are removed,
// timeouts and authentication are resolved.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "config/audit_config.h"
#include "config/common_config.h"
#include "config/greybox_config.h"
#include "config/guards_config.h"
#include "config/json_form.h"
#include "config/judge_config.h"
#include "config/operation_config.h"
#include "config/routing_config.h"

namespace gvm::config {

enum class Provider { openai_compatible, ollama, anthropic, google };
std::string_view provider_name(Provider provider);  // "openai-compatible", ...

// A sampling parameter of a model. A value outside min..max is moved to the nearest end.
struct NumberSetting {
  std::optional<double> preset;  // YAML: default. Sent when a request names none
  double min = 0;
  double max = 0;
  bool send = true;  // false: never sent to this model
};
struct IntegerSetting {
  std::optional<std::int64_t> preset;
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool send = true;
};
struct StopSetting {
  std::vector<std::string> preset;
  std::size_t max_count = 4;  // further sequences are left out
  bool send = true;
};

struct SamplingConfig {
  NumberSetting temperature{.preset = {}, .min = 0, .max = 2};
  NumberSetting top_p{.preset = {}, .min = 0, .max = 1};
  IntegerSetting top_k{.preset = {}, .min = 1, .max = 1'000'000};
  IntegerSetting seed{.preset = {}, .min = 0, .max = INT64_MAX};
  StopSetting stop;
  NumberSetting presence_penalty{.preset = {}, .min = -2, .max = 2};
  NumberSetting frequency_penalty{.preset = {}, .min = -2, .max = 2};
};

struct MaxTokensConfig {
  std::optional<std::uint64_t> preset;   // YAML: default. When a request names none
  std::optional<std::uint64_t> ceiling;  // larger requests are cut to it
};

// What a call is charged that ended with a status of 500 or above and reported no usage.
enum class ChargeServerErrors { never, worst_case };

// Zero: no limit of this kind.
struct Timeouts {
  std::chrono::milliseconds connect{0};
  std::chrono::milliseconds first_byte{0};
  std::chrono::milliseconds idle{0};
  std::chrono::milliseconds total{0};
};

// What happens to a text answer that was cut by a limit.
enum class CutText { deliver, fail };

struct ModelConfig {
  std::string name;
  bool enabled = true;
  bool supports_json = false;
  bool supports_image = false;
  bool use_max_completion_tokens = false;
  Value meta;                                        // null when absent
  std::optional<std::chrono::milliseconds> timeout;  // as written; resolved in `timeouts`

  std::string alias;    // a second name scripts may ask for; may be empty
  std::string version;  // pinned name sent upstream; may be empty
  SamplingConfig sampling;
  MaxTokensConfig max_tokens;
  std::optional<std::uint64_t> context_length;  // tokens, prompt and answer
  std::optional<std::uint64_t> num_ctx;         // ollama: else context_length
  std::optional<std::string> base_path;         // between host and method; absent: the provider's
  Value extra;                                  // merged into every request body; null when absent
  JsonForm form;                                // of its JSON answers, unless a call has its own
  bool strip_reasoning = true;                  // reasoning between marks is no part of a text
  CutText cut_text = CutText::deliver;
  std::string charge_server_errors_word = "never";
  ChargeServerErrors charge_server_errors = ChargeServerErrors::never;

  Timeouts timeouts;  // total: the model's, else the backend's, else the global one

  const std::string& upstream_name() const { return version.empty() ? name : version; }
};

enum class AuthStyle { bearer, header, none };

struct AuthConfig {
  std::optional<AuthStyle> style;  // always set after a load
  std::string header;              // the header's name, when style is header
};

struct RetryConfig {
  int attempts = 1;                        // of one call, the first included
  std::chrono::milliseconds backoff{250};  // before the second; doubles from then on
  std::chrono::milliseconds max_backoff{5'000};
  std::vector<int> on_statuses = {408, 429, 500, 502, 503, 504, 529};
  bool on_network_errors = true;  // refused, reset, DNS, TLS
};

struct TimeoutOverrides {
  std::optional<std::chrono::milliseconds> connect;
  std::optional<std::chrono::milliseconds> first_byte;
  std::optional<std::chrono::milliseconds> idle;
  std::optional<std::chrono::milliseconds> total;  // like `timeout`, which wins
};

struct BackendConfig {
  std::string name;
  bool enabled = true;
  std::string host;                                  // without trailing '/'
  std::optional<Provider> provider_setting;          // always set after a load
  Secret key;                                        // may be empty, see AuthConfig
  std::vector<ModelConfig> models;                   // in the order of the file, enabled ones
  Value meta;                                        // null when absent
  std::optional<std::chrono::milliseconds> timeout;  // as written

  AuthConfig auth;
  std::vector<ExtraHeader> headers;
  std::string api_version;  // empty: the provider's usual one
  RetryConfig retry;
  TimeoutOverrides timeouts;
  std::vector<std::string> hosts;  // further endpoints of the same account, like `host`
  std::vector<Secret> keys;        // further keys, like `key`
  ShareConfig share;
  BackendDataConfig data;
  bool loopback = false;  // of host

  Provider provider() const { return provider_setting.value_or(Provider::openai_compatible); }
  // By name or alias; null when there is none.
  const ModelConfig* find_model(std::string_view name_or_alias) const;
};

struct PromptTemplate {
  std::string system;
  std::string user;
  JsonForm form;  // of the judge's answer; beside what makes it a verdict
  RuntimeTemplate compiled_system;
  RuntimeTemplate compiled_user;
};

struct PromptTemplates {
  PromptTemplate eq_comparative;                // leader_answer, validator_answer, principle
  PromptTemplate eq_non_comparative_leader;     // task, criteria, input
  PromptTemplate eq_non_comparative_validator;  // task, criteria, input, output
};

struct LlmConfig {
  LlmConfig();

  CommonConfig common{ModuleKind::llm};
  std::chrono::milliseconds timeout{
      180'000};                         // one provider call, unless backend or model say otherwise
  std::vector<BackendConfig> backends;  // in the order of the file, usable ones
  PromptTemplates prompt_templates;     // ours when the file has none
  RoutingConfig routing;
  PricesConfig pricing;
  std::vector<BudgetConfig> budgets;
  LedgerConfig ledger;
  GuardsConfig guards;
  AuditConfig audit;
  DataRulesConfig data_rules;
  JudgeConfig judge;
  OperationConfig operation;
  GreyboxConfig greybox;

  const BackendConfig* find_backend(std::string_view name) const;
};

}  // namespace gvm::config
