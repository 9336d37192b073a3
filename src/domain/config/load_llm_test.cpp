#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <type_traits>

#include "config/default_templates.h"
#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

LoadResult<LlmConfig> load(std::string_view text, Environment env = test_environment(),
                           LoadOptions options = {}) {
  auto loaded = load_llm_text(text, "c.yaml", env, options);
  if (loaded) return std::move(*loaded);
  ADD_FAILURE() << to_string(loaded.error());
  return {};
}

std::vector<std::string> secrets_of(const LoadResult<LlmConfig>& loaded) {
  std::vector<std::string> out;
  for (const auto& secret : loaded.secrets) out.emplace_back(secret.reveal());
  return out;
}

// The form of operators' existing files, with none of the keys that are ours.
constexpr std::string_view kOperatorsFile = R"(
bind_address: 127.0.0.1:4031
lua_script_path: ${exeDir}/../config/my-script.lua
vm_count: 6
lua_path: ${exeDir}/../lib/genvm-lua/?.lua
data_dir: ${exeDir}/../data
signer_url: "http://localhost:9155/genvm/sign"
signer_headers:
  "x-admin-auth": "#{admin_token}"
threads: 4
blocking_threads: 16
log_disable: tracing*,polling*
log_level: warning
timeout: 3m
backends:
  first:
    host: https://llm.example/api/
    provider: openai-compatible
    key: ${ENV[FIRSTKEY]}
    timeout: 90
    models:
      vendor/model-a:
        supports_json: true
        supports_image: true
        timeout: 500ms
        meta: {}
      vendor/model-b:
        use_max_completion_tokens: true
      vendor/model-c:
        enabled: false
    meta:
      priority: 100
  off:
    enabled: false
    host: https://off.example
    provider: google
    key: ${ENV[OFFKEY]}
    models: {m: {}}
  keyless:
    host: https://keyless.example
    provider: anthropic
    key: ${ENV[KEYLESSKEY]}
    models: {m: }
  house:
    host: http://10.0.0.7:11434
    provider: ollama
    key: ""
    models: {m: }
meta: {colour: red}
prompt_templates:
  eq_comparative:
    system: judge
    user: "#{leader_answer} #{validator_answer} #{principle}"
  eq_non_comparative_leader:
    system: work
    user: "#{task} #{criteria} #{input}"
  eq_non_comparative_validator:
    system: check
    user: "#{task} #{criteria} #{input} #{output} costs 5% #{ 1 }"
)";

TEST(LoadLlm, TakesAnOperatorsFileUnchanged) {
  const auto loaded = load(kOperatorsFile, test_environment({{"FIRSTKEY", "sk-first"}}));
  const auto& c = loaded.config;
  EXPECT_EQ(c.common.bind_address, "127.0.0.1:4031");
  EXPECT_EQ(c.common.lua_script_path, "/opt/genvm/bin/../config/my-script.lua");
  EXPECT_EQ(c.common.threads, 4U);
  EXPECT_EQ(c.common.blocking_threads, 16U);
  EXPECT_EQ(c.common.log_level, log::Level::warn);
  EXPECT_EQ(c.common.signer_headers.front().value.names(), std::vector<std::string>{"admin_token"});
  EXPECT_EQ(c.common.meta.find("colour")->as_string(), "red");
  EXPECT_EQ(c.timeout, milliseconds(180'000));
  EXPECT_EQ(c.prompt_templates.eq_comparative.system, "judge");
}

TEST(LoadLlm, KeepsUsableBackendsInTheOrderOfTheFile) {
  const auto loaded = load(kOperatorsFile, test_environment({{"FIRSTKEY", "sk-first"}}));
  std::vector<std::string> names;
  for (const auto& backend : loaded.config.backends) names.push_back(backend.name);
  EXPECT_THAT(names, ElementsAre("first", "house"));
  const auto& first = *loaded.config.find_backend("first");
  EXPECT_EQ(first.host, "https://llm.example/api");
  EXPECT_EQ(first.models.size(), 2U);
  EXPECT_EQ(first.key.reveal(), "sk-first");
  EXPECT_EQ(*first.meta.find("priority")->as_integer(), Integer(100));
  EXPECT_TRUE(first.find_model("vendor/model-b")->use_max_completion_tokens);
  EXPECT_EQ(first.find_model("vendor/model-c"), nullptr);
  EXPECT_EQ(loaded.config.find_backend("off"), nullptr);
}

TEST(LoadLlm, WarnsOfEveryBackendItDrops) {
  const auto loaded = load(kOperatorsFile, test_environment({{"FIRSTKEY", "sk-first"}}));
  EXPECT_THAT(
      loaded.warnings,
      ElementsAre("c.yaml:39:3: backends.keyless: the backend is dropped: KEYLESSKEY is not set"));
}

TEST(LoadLlm, ResolvesTimeoutsFromModelBackendAndGlobal) {
  const auto loaded = load(kOperatorsFile, test_environment({{"FIRSTKEY", "sk-first"}}));
  const auto& first = *loaded.config.find_backend("first");
  EXPECT_EQ(first.find_model("vendor/model-a")->timeouts.total, milliseconds(500));
  EXPECT_EQ(first.find_model("vendor/model-b")->timeouts.total, milliseconds(90'000));
  const auto& house = *loaded.config.find_backend("house");
  EXPECT_EQ(house.models.front().timeouts.total, milliseconds(180'000));
  EXPECT_EQ(house.models.front().timeouts.connect, milliseconds(10'000));
}

TEST(LoadLlm, TakesTheOldestForms) {
  const auto loaded = load(R"(
extra_lua_path: /a/?.lua
backends:
  a:
    host: http://127.0.0.1:1
    provider: openai-compatible
    models:
      - m-1
      - m-2
prompt_templates:
  eq_comparative: "#{leader_answer} #{validator_answer} #{principle}"
)");
  EXPECT_EQ(loaded.config.backends.front().models.size(), 2U);
  EXPECT_EQ(loaded.config.common.lua_path, "/opt/genvm/bin/../lib/genvm-lua/?.lua;/a/?.lua");
  EXPECT_EQ(loaded.config.prompt_templates.eq_comparative.system, "");
  EXPECT_EQ(loaded.config.prompt_templates.eq_non_comparative_leader.user,
            default_templates().eq_non_comparative_leader.user);
}

constexpr std::string_view kOurKeys = R"(
http: {first_byte_timeout: 7s}
backends:
  a:
    host: https://me:pass-word@a.example
    provider: openai-compatible
    key: sk-very-secret
    auth: {style: header, header: api-key}
    headers: {x-tenant: tenant-secret}
    retry: {attempts: 3, backoff: 10ms, max_backoff: 1s, on_statuses: [503], on_network_errors: false}
    timeouts: {connect: 1s, idle: 0, total: 20s}
    models:
      m:
        alias: fast
        version: m-2025-01-31
        context_length: 8192
        max_tokens: {default: 256, ceiling: 1024}
        sampling:
          temperature: {default: 0.2, min: 0, max: 1}
          top_p: {send: false}
          top_k: {max: 40}
          seed: {default: 7}
          stop: {default: [END, "#"], max_count: 2}
          presence_penalty: {default: -1}
)";

TEST(LoadLlm, TellsOfWhatCameAlongWithAPastedKey) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"\"$ENV[KEY]\"", "expected ${ENV[...]}"}, {"\u201Csk-12345678\u201D", "curly quotes"},
      {"\"sk-1234 5678\"", "white space"},       {"\"sk-12345678 \"", "white space"},
      {"'\"sk-12345678\"'", "quotes"},           {"\"\uFEFFsk-12345678\"", "byte order mark"},
      {"\"$MY_KEY\"", "expected ${ENV[NAME]}"},  {"\"sk-\u200B12345678\"", "beyond ASCII"},
      {"\"sk-12345678\u0430\"", "beyond ASCII"}};
  for (const auto& [key, expected] : rows) {
    for (const auto* form : {"key: {}", "keys: [{}]"}) {
      std::string line = form;
      line.replace(line.find("{}"), 2, key);
      const auto loaded = load(
          "backends:\n  a:\n    host: https://a.example\n    provider: "
          "openai-compatible\n    " +
          line + "\n    models: {m: {}}\n");
      ASSERT_EQ(loaded.warnings.size(), 1U) << line;
      EXPECT_THAT(loaded.warnings.front(), HasSubstr(expected)) << line;
      EXPECT_THAT(loaded.warnings.front(), testing::Not(HasSubstr("12345678"))) << line;
    }
  }
  const auto two_lines = load_llm_text(
      "backends: {a: {host: 'https://a.example', provider: openai-compatible, key: "
      "\"sk-12345678\\n\", models: {m: {}}}}",
      "c.yaml", test_environment());
  ASSERT_FALSE(two_lines);
  EXPECT_THAT(to_string(two_lines.error()),
              HasSubstr("backends.a.key: got a text of another form"));
  EXPECT_THAT(to_string(two_lines.error()), testing::Not(HasSubstr("12345678")));
}

TEST(LoadLlm, TheChargeOfServerErrorsIsNothingUnlessTheModelSaysWorstCase) {
  const auto load_with = [](std::string_view model) {
    return load_llm_text(
        "backends: {a: {host: 'https://e.com', provider: google, key: k-12345678, "
        "models: {m: {" +
            std::string(model) + "}}}}",
        "c.yaml", test_environment());
  };
  const auto charge_of = [&](std::string_view model) {
    const auto loaded = load_with(model);
    EXPECT_TRUE(loaded) << to_string(loaded.error());
    return loaded->config.backends.at(0).models.at(0).charge_server_errors;
  };
  EXPECT_EQ(charge_of(""), ChargeServerErrors::never);
  EXPECT_EQ(charge_of("charge_server_errors: never"), ChargeServerErrors::never);
  EXPECT_EQ(charge_of("charge_server_errors: worst_case"), ChargeServerErrors::worst_case);
  const auto refused = load_with("charge_server_errors: always");
  ASSERT_FALSE(refused);
  EXPECT_THAT(to_string(refused.error()),
              testing::AllOf(HasSubstr("backends.a.models.m.charge_server_errors"),
                             HasSubstr("worst_case")));
}

TEST(LoadLlm, CompilesSchemasAndRefusesBadOnesWhereTheyAreWrong) {
  const auto file = [](std::string_view schema) {
    return "backends:\n  a:\n    host: http://127.0.0.1:1\n    provider: ollama\n    models:\n"
           "      m:\n        schema:\n          " +
           std::string(schema) + "\n";
  };
  const auto loaded = load(file("{type: object, required: [pay_to]}"));
  const auto& form = loaded.config.backends.front().models.front().form;
  ASSERT_TRUE(form.compiled);
  EXPECT_TRUE(form.compiled->violation("{}"));
  const auto bad = load_llm_text(file("properties:\n            a: {type: objekt}"), "f.yaml",
                                 test_environment(), {});
  ASSERT_FALSE(bad);
  EXPECT_THAT(to_string(bad.error()), HasSubstr("f.yaml:9:"));
  EXPECT_THAT(to_string(bad.error()), HasSubstr("backends.a.models.m.schema/properties"));
}

TEST(LoadLlm, TakesOurKeys) {
  const auto loaded = load(kOurKeys);
  const auto& b = loaded.config.backends.front();
  EXPECT_EQ(b.auth.style, AuthStyle::header);
  EXPECT_EQ(b.auth.header, "api-key");
  EXPECT_EQ(b.retry.attempts, 3);
  EXPECT_EQ(b.retry.on_statuses, std::vector<int>{503});
  EXPECT_FALSE(b.retry.on_network_errors);
  const auto& m = *b.find_model("fast");
  EXPECT_EQ(m.upstream_name(), "m-2025-01-31");
  EXPECT_EQ(m.context_length, 8192U);
  EXPECT_EQ(m.max_tokens.preset, 256U);
  EXPECT_EQ(m.max_tokens.ceiling, 1024U);
  EXPECT_EQ(m.timeouts.connect, milliseconds(1000));
  EXPECT_EQ(m.timeouts.first_byte, milliseconds(7000));
  EXPECT_EQ(m.timeouts.idle, milliseconds(0));
  EXPECT_EQ(m.timeouts.total, milliseconds(20'000));
  EXPECT_EQ(b.find_model(""), nullptr);
}

TEST(LoadLlm, TakesSamplingRanges) {
  const auto loaded = load(kOurKeys);
  const auto& s = loaded.config.backends.front().models.front().sampling;
  EXPECT_EQ(s.temperature.preset, 0.2);
  EXPECT_EQ(s.temperature.max, 1.0);
  EXPECT_FALSE(s.top_p.send);
  EXPECT_EQ(s.top_k.max, 40);
  EXPECT_EQ(s.seed.preset, 7);
  EXPECT_THAT(s.stop.preset, ElementsAre("END", "#"));
  EXPECT_EQ(s.stop.max_count, 2U);
  EXPECT_EQ(s.presence_penalty.preset, -1.0);
  EXPECT_FALSE(s.frequency_penalty.preset.has_value());
}

TEST(LoadLlm, ListsEverySecret) {
  const auto secrets = secrets_of(load(kOurKeys));
  for (const auto* secret : {"sk-very-secret", "tenant-secret", "pass-word", "me:pass-word"})
    EXPECT_THAT(secrets, testing::Contains(secret));
  const auto signer = load(
      "signer_headers: {x-auth: 'token-abc #{tx_id}'}\n"
      "backends: {a: {host: 'http://127.0.0.1', provider: ollama, models: [m]}}\n");
  EXPECT_THAT(secrets_of(signer), ElementsAre("token-abc "));
}

TEST(LoadLlm, GivesEachProviderItsAuthentication) {
  const auto loaded = load(R"(
backends:
  o: {host: "https://x.example", provider: openai-compatible, key: k, models: [m]}
  a: {host: "https://x.example", provider: anthropic, key: k, models: [m]}
  g: {host: "https://x.example", provider: google, key: k, models: [m]}
  l: {host: "http://localhost:8080", provider: anthropic, models: [m]}
  n: {host: "https://x.example", provider: openai-compatible, auth: {style: none}, models: [m]}
)");
  const auto& c = loaded.config;
  EXPECT_EQ(c.find_backend("o")->auth.style, AuthStyle::bearer);
  EXPECT_EQ(c.find_backend("a")->auth.header, "x-api-key");
  EXPECT_EQ(c.find_backend("g")->auth.header, "x-goog-api-key");
  EXPECT_EQ(c.find_backend("l")->auth.style, AuthStyle::none);
  EXPECT_TRUE(c.find_backend("l")->loopback);
  EXPECT_EQ(c.find_backend("n")->auth.style, AuthStyle::none);
  EXPECT_TRUE(loaded.warnings.empty());
}

TEST(LoadLlm, StartsEmptyOnlyWhenAllowed) {
  const auto env = test_environment();
  EXPECT_FALSE(load_llm_text("threads: 1\n", "c.yaml", env));
  const auto loaded = load("threads: 1\n", env, {.empty_backends = EmptyBackends::allow});
  EXPECT_TRUE(loaded.config.backends.empty());
}

TEST(LoadLlm, SilencesEverythingWhenTheLevelIsOff) {
  const auto loaded = load("log_level: off\n", test_environment(), {EmptyBackends::allow});
  EXPECT_EQ(loaded.config.common.log_disable, "*");
}

TEST(LoadLlm, TakesAValueFromTheEnvironmentAsAnyType) {
  const auto loaded = load("threads: ${ENV[N]}\nmeta:\n  n: \"${ENV[N]}\"\n  m: ${ENV[N]}\n",
                           test_environment({{"N", "3"}}), {EmptyBackends::allow});
  EXPECT_EQ(loaded.config.common.threads, 3U);
  EXPECT_EQ(loaded.config.common.meta.find("m")->as_string(), "3");
}

TEST(LoadLlm, WarnsOfASettingWithoutEffect) {
  const auto loaded = load(
      "backends: {a: {host: 'http://127.0.0.1', provider: ollama, models: [m], api_version: "
      "v1}}\n");
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.warnings.front(),
              HasSubstr("backends.a.api_version: has no effect for ollama"));
}

TEST(DefaultTemplates, PutTheQuestionAfterWhatOthersWrote) {
  const auto t = default_templates();
  const auto order = [](const PromptTemplate& p) { return p.compiled_user.names(); };
  EXPECT_THAT(order(t.eq_comparative),
              ElementsAre("leader_answer", "validator_answer", "principle"));
  EXPECT_THAT(order(t.eq_non_comparative_leader), ElementsAre("input", "task", "criteria"));
  EXPECT_THAT(order(t.eq_non_comparative_validator),
              ElementsAre("input", "output", "task", "criteria"));
  for (const auto* p : {&t.eq_comparative, &t.eq_non_comparative_validator})
    EXPECT_LT(p->user.rfind("\"reason\""), p->user.rfind("\"result\""));
}

TEST(LoadLlm, TheFirstOfKeysStandsForAMissingKey) {
  const auto loaded = load_llm_text(
      "backends: {a: {host: 'https://e.com', provider: google, keys: [one-key, two-key], models: "
      "{m: {}}}}",
      "c.yaml", test_environment());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  ASSERT_EQ(loaded->config.backends.size(), 1U);
  EXPECT_EQ(loaded->config.backends[0].key.reveal(), "one-key");
  ASSERT_EQ(loaded->config.backends[0].keys.size(), 1U);
  EXPECT_EQ(loaded->config.backends[0].keys[0].reveal(), "two-key");
}

TEST(LoadLlm, ThePasswordInTheLedgersUrlIsASecretOfItsOwn) {
  const auto secrets_of = [](const std::string& url) {
    std::string all;
    const auto loaded = load_llm_text(
        "backends: {a: {host: 'http://127.0.0.1:1', provider: ollama, models: {m: {}}}}\nledger: "
        "{url: \"" +
            url + "\"}",
        "c.yaml", test_environment());
    if (!loaded) return to_string(loaded.error());
    for (const auto& secret : loaded->secrets) all.append(secret.reveal()).append(1, '\n');
    return all;
  };
  using testing::HasSubstr;
  EXPECT_THAT(secrets_of("postgresql://u:can@ry#1@host/db"), HasSubstr("\ncan@ry#1\n"));
  EXPECT_THAT(secrets_of("postgresql://u:can%40ry@host/db"), HasSubstr("\ncan@ry\n"));
  EXPECT_THAT(secrets_of("host=h password='can ry'"), HasSubstr("\ncan ry\n"));
  const auto refused = secrets_of("postgresql://u:canary/x@host/db");
  EXPECT_THAT(refused, HasSubstr("ledger.url"));
  EXPECT_THAT(refused, testing::Not(HasSubstr("canary")));
}

std::string with_budget(std::string_view only) {
  return "backends:\n"
         "  first: {host: http://a.example, provider: ollama, models: {m: {}, n: {alias: o}}}\n"
         "  second: {enabled: false, host: http://b.example, provider: ollama, models: {p: {}}}\n"
         "budgets: {b: {usd: 1, window: day, only: {" +
         std::string(only) + "}}}\n";
}

TEST(LoadLlm, ABudgetThatCanNeverCountIsAnErrorWithTheNamesThereAre) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"backend: frist", "nearest is \"first\""},
      {"model: q", "expected one of m, n, p"},
      {"model: o", "expected one of m, n, p"},  // an alias: calls are counted by the name
      {"backend: first, model: p", "expected one of m, n"},
      {"key: first key 2", "expected one of first key 1"},
      {"key: key 1", "expected one of first key 1"},
      {"backend: second, key: first key 1", "expected one of second key 1"},
      {"node: x", "unknown field"}};
  for (const auto& [only, expected] : rows) {
    const auto loaded = load_llm_text(with_budget(only), "c.yaml", test_environment());
    ASSERT_FALSE(loaded) << only;
    EXPECT_THAT(to_string(loaded.error()), HasSubstr(expected)) << only;
    EXPECT_THAT(to_string(loaded.error()), HasSubstr("c.yaml:4:")) << only;
  }
}

TEST(LoadLlm, ABudgetMayNameABackendThatIsSwitchedOff) {
  for (const auto* only : {"backend: first, model: n, key: first key 1", "backend: second",
                           "model: p", "tx_id: anything", "host_data.role: leader"})
    load(with_budget(only));
}

}  // namespace
}  // namespace gvm::config
