#pragma once
// The parameters of a request that some models refuse.
#include <cstdint>
#include <string>
#include <string_view>

#include "provider/prompt.h"

namespace gvm::provider {

enum class Parameter : std::uint8_t {
  temperature,
  top_p,
  top_k,
  presence_penalty,
  frequency_penalty,
  seed,
  stop,
  max_tokens,             // the model wants max_completion_tokens
  max_completion_tokens,  // the model wants max_tokens
};
// As the configuration names it.
std::string_view parameter_name(Parameter parameter);
// The configuration of the model that makes the module leave it out from the start.
std::string yaml_for(Parameter parameter);

// A set of parameters as bits.
constexpr std::uint32_t bit_of(Parameter parameter) {
  return 1U << static_cast<unsigned>(parameter);
}
// Leaves the parameters of the set out of the prompt.
void leave_out(Prompt& prompt, std::uint32_t parameters);

}  // namespace gvm::provider
