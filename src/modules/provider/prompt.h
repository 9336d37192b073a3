#pragma once
// A prompt for one model: its texts and images, and how they are to be answered. Texts and images
// may be borrowed; their owner must keep them until the call has ended.
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

  // A copy for one call that borrows texts and images, which may be megabytes, from this prompt.
  Prompt borrowed() const;
};

struct ProviderCall {
  std::string provider;
  std::string model;
  Format format = Format::text;
  Prompt prompt;
};

}  // namespace gvm::provider
