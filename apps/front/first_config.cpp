#include "apps/front/first_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"

namespace gvm::apps {
namespace {

// JSON's texts are YAML's too.
std::string quoted_yaml(std::string_view text) {
  return json::write(Value::string(std::string(text)));
}

bool holds(std::string_view text, char from, char to) {
  return std::ranges::any_of(text, [&](char c) { return c >= from && c <= to; });
}

// Keys may be of these characters as well, but are long, or mix capitals, small letters and digits.
bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  constexpr std::size_t kLongest = 48;
  const bool mixed = holds(text, 'A', 'Z') && holds(text, 'a', 'z') && holds(text, '0', '9');
  return !text.empty() && text.size() <= kLongest && !mixed &&
         !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, fits);
}

// Control characters have no business here, and ${...} would be filled in at load.
bool is_plain(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  return !std::ranges::any_of(text, control) && text.find("${") == text.npos;
}

std::string fault_of_text(const char* option, const std::string& text) {
  if (is_plain(text)) return {};
  return fmt::format("{}: expected a text without control characters and without ${{", option);
}

}  // namespace

UsualOnes usual_of(std::string_view provider) {
  if (provider == "anthropic") return {"https://api.anthropic.com", "ANTHROPIC_API_KEY"};
  if (provider == "google") return {"https://generativelanguage.googleapis.com", "GEMINI_API_KEY"};
  if (provider == "ollama") return {"http://127.0.0.1:11434", ""};
  return {"https://api.openai.com", "OPENAI_API_KEY"};
}

std::string fault_of(const FirstConfig& config) {
  constexpr std::array<std::string_view, 4> kProviders{"openai-compatible", "anthropic", "google",
                                                       "ollama"};
  if (std::ranges::find(kProviders, config.provider) == kProviders.end())
    return "--provider: expected openai-compatible, anthropic, google or ollama";
  if (config.model.empty())
    return "--model is missing: the model's name, as the provider writes it";
  if (!config.key_name.empty() && !is_name(config.key_name))
    return "--key-env: expected the name of an environment variable (letters, digits, _), not a "
           "key";
  for (const auto& [option, text] :
       {std::pair("--host", &config.host), std::pair("--model", &config.model),
        std::pair("--data-dir", &config.data_dir)})
    if (auto fault = fault_of_text(option, *text); !fault.empty()) return fault;
  return {};
}

std::string text_of(const FirstConfig& config) {
  const std::string key =
      config.key_name.empty()
          ? "    # No key: this provider needs none.\n"
          : "    # Taken from the environment, so that it stands in no file.\n    key: ${ENV[" +
                config.key_name + "]}\n";
  return fmt::format(R"(# A first configuration of the LLM module, written by `genvm-modules init`.
# docs/configuration.md explains every key; `genvm-modules check-config FILE` says what is wrong with a
# changed file, `genvm-modules doctor --config FILE` what is wrong around it.

# Where the module listens. Whoever reaches it spends your money: see serve.peers and serve.tls before
# it listens on more than loopback.
bind_address: {bind}

# The script that answers requests. The shipped one asks backends by priority and moves on when one fails.
lua_script_path: ${{exeDir}}/../config/genvm-llm-default.lua

# The ledger of what was spent, and databases of scripts.
data_dir: {data}

log_level: info

# Who answers prompts. Further backends take over when this one fails: give them other names.
backends:
  {name}:
    host: {host}
    provider: {provider}
{key}    models:
      {model}:
        supports_json: true     # its JSON mode can be relied on
        supports_image: false   # true: it is given pictures
    priority: 0                 # higher ones are asked first

# What may be spent. Remove the # to use it; prices.yaml is shipped in config (docs/prices.md).
#pricing: {{file: "${{exeDir}}/../config/prices.yaml"}}
#budgets:
#  daily: {{usd: 5, window: day}}
)",
                     fmt::arg("bind", quoted_yaml(config.bind_address)),
                     fmt::arg("data", quoted_yaml(config.data_dir)),
                     fmt::arg("name", kFirstBackend), fmt::arg("host", quoted_yaml(config.host)),
                     fmt::arg("provider", config.provider), fmt::arg("key", key),
                     fmt::arg("model", quoted_yaml(config.model)));
}

}  // namespace gvm::apps
