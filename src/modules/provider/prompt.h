#pragma once
// A prompt for one model: its texts and images, and how they are to be answered. Texts and images
// may be borrowed; their owner must keep them until the call has ended.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/value.h"
#include "config/audit_config.h"
#include "json_schema/schema.h"
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

// An answer of the same model to the same prompt that was no use: it is shown to the model again,
// with what was wrong. Both are valid UTF-8.
struct Correction {
  std::string answer;  // at most kCorrectionAnswerBytes of it
  std::string fault;   // what the model is told

  std::size_t size() const { return answer.size() + fault.size(); }
};
inline constexpr std::size_t kCorrectionAnswerBytes = 8192;
inline constexpr std::size_t kCorrectionFaultBytes = 1024;
// `answer` and `why` bounded; `why` is a sentence of ours, which may quote names of the answer.
Correction correction_of(std::string_view answer, std::string_view why);
// Of a text whose reasoning cannot be told from the answer.
Correction text_correction_of(std::string_view answer, std::string_view why);

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
  std::optional<Correction> correction;

  // A copy for one call that borrows texts and images, which may be megabytes, from this prompt.
  Prompt borrowed() const;
};

struct ProviderCall {
  std::string provider;
  std::string model;
  Format format = Format::text;
  // The form a JSON answer or a verdict must have; null: any, or as the model's configuration says.
  std::shared_ptr<const json_schema::Schema> schema;
  Prompt prompt;
  config::DataDemand data;  // what the backend must be, beside what the operator's rules say
  std::string traceparent;  // W3C Trace Context, a header of the request; empty: none
};

}  // namespace gvm::provider
