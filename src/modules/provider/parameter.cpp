#include "provider/parameter.h"

#include <fmt/format.h>

#include <array>

namespace gvm::provider {

std::string_view parameter_name(Parameter parameter) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "temperature", "top_p", "top_k",      "presence_penalty",     "frequency_penalty",
      "seed",        "stop",  "max_tokens", "max_completion_tokens"};
  return kNames[static_cast<std::size_t>(parameter)];
}

std::string yaml_for(Parameter parameter) {
  if (parameter == Parameter::max_tokens) return "use_max_completion_tokens: true";
  if (parameter == Parameter::max_completion_tokens) return "use_max_completion_tokens: false";
  return fmt::format("sampling: {{{}: {{send: false}}}}", parameter_name(parameter));
}

void leave_out(Prompt& prompt, std::uint32_t parameters) {
  const auto has = [parameters](Parameter p) { return (parameters & bit_of(p)) != 0; };
  Sampling& sampling = prompt.sampling;
  if (has(Parameter::temperature)) sampling.temperature.reset();
  if (has(Parameter::top_p)) sampling.top_p.reset();
  if (has(Parameter::top_k)) sampling.top_k.reset();
  if (has(Parameter::presence_penalty)) sampling.presence_penalty.reset();
  if (has(Parameter::frequency_penalty)) sampling.frequency_penalty.reset();
  if (has(Parameter::seed)) sampling.seed.reset();
  if (has(Parameter::stop)) sampling.stop.clear();
  if (has(Parameter::max_completion_tokens)) prompt.use_max_completion_tokens = false;
  if (has(Parameter::max_tokens)) prompt.use_max_completion_tokens = true;
}

}  // namespace gvm::provider
