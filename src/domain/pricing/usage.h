#pragma once
// What a call used, from the usage object of any provider's answer. Providers use the same words
// for different counts; here every token is in exactly one count. docs/prices.md has the rules.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/value.h"
#include "config/llm_config.h"
#include "pricing/flags.h"
#include "pricing/usd.h"

namespace gvm::pricing {

// The form of a usage object. Its fields decide; the provider decides only where they are
// ambiguous.
enum class UsageForm {
  none,              // nothing that could be counted
  openai_chat,       // prompt_tokens, completion_tokens: OpenAI and all that speak as it does
  openai_responses,  // input_tokens that include cached ones
  anthropic,         // input_tokens beside cached ones
  google,            // promptTokenCount, ...
  ollama,            // prompt_eval_count, eval_count
};
std::string_view usage_form_name(UsageForm form);

// What the caller knows about the request. Used in place of counts that the provider does not
// report.
struct CallBounds {
  std::optional<std::uint64_t> prompt_tokens = {};  // at most so many were sent
  std::optional<std::uint64_t> output_tokens = {};  // at most so many could be made
  std::uint64_t images = 0;                         // sent; no provider reports it
};

struct Usage {
  UsageForm form = UsageForm::none;
  // False: input or output is unknown. The call is then charged what was reserved for it, unless a
  // reported cost counts.
  bool known = false;
  std::uint64_t input = 0;           // prompt tokens that were not in a cache
  std::uint64_t cache_read = 0;      // prompt tokens read from a cache
  std::uint64_t cache_write = 0;     // prompt tokens written to a cache, for minutes
  std::uint64_t cache_write_1h = 0;  // the same, for an hour
  std::uint64_t output = 0;          // tokens of the answer
  std::uint64_t reasoning = 0;       // tokens of thinking, not part of `output`
  std::uint64_t images = 0;
  std::optional<Usd> reported_cost;  // what the provider says that it charges for this call
  Flags flags;

  std::uint64_t prompt_tokens() const { return input + cache_read + cache_write + cache_write_1h; }
  std::uint64_t output_tokens() const { return output + reasoning; }
};

// `raw` is the usage object (for ollama: the answer or its counts). Null, or anything but a map,
// means that there is no usage.
Usage read_usage(const Value& raw, config::Provider provider, const CallBounds& bounds);

}  // namespace gvm::pricing
