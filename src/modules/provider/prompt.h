#pragma once
// A prompt as a script hands it to a provider (lua-api.md, exec_prompt_in_provider). Typed once;
// strings and images are borrowed from the script's values while the call runs.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/value.h"
#include "provider/merge.h"

namespace gvm::provider {

enum class Format { text, json, boolean };
std::string_view format_name(Format format);

// Every parameter is optional: absent means "whatever the provider does".
struct Sampling {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> top_k;
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> stop;
};

struct Prompt {
  std::optional<Blob> system_message;
  Blob user_message;
  std::vector<Blob> images;  // PNG or JPEG by content
  Sampling sampling;
  std::optional<std::uint32_t> max_tokens;  // of the answer
  bool use_max_completion_tokens = false;
  Value extra = Value::map();
  MergeStrategy extra_merge_strategy;
  std::optional<std::chrono::milliseconds> timeout;

  // The same for one call: texts and images, which may have megabytes, are borrowed from this one.
  Prompt borrowed() const;
};

struct ProviderCall {
  std::string provider;
  std::string model;
  Format format = Format::text;
  Prompt prompt;
};

// What a script hands to llm.rs.exec_prompt and llm.rs.route: a prompt for whichever model is best.
struct PromptRequest {
  Format format = Format::text;
  Prompt prompt;
  // Where neither the prompt nor the model's configuration says.
  std::optional<double> default_temperature;
  std::optional<std::uint32_t> default_max_tokens;
  std::string strategy;  // empty: the configured one
  struct Name {
    std::string provider;
    std::string model;  // empty: all of the provider
  };
  std::vector<Name> exclude;
};

// Errors: as of parse_provider_call.
Result<PromptRequest> parse_prompt_request(Value request);

// Takes the script's request table apart. Sampling names standing at the top of `extra` (top_p,
// top_k, stop, seed, penalties) are taken as sampling parameters, so that every provider gets them
// where it has a place for them. Errors: SCRIPT_BAD_ARGUMENT naming the field, what was expected
// and what was found; INVALID_IMAGE.
Result<ProviderCall> parse_provider_call(Value request);

}  // namespace gvm::provider
