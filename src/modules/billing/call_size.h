#pragma once
// An upper bound for the size of one call. Pure.
#include <cstdint>

#include "config/llm_config.h"
#include "provider/prompt.h"

namespace gvm::billing {

// What one call may use at most.
struct CallSize {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t answer_tokens = 0;
  std::uint64_t images = 0;

  std::uint64_t tokens() const { return prompt_tokens + answer_tokens; }
};
// A token is at least one byte of text; an image is taken to be kImageTokens.
inline constexpr std::uint64_t kImageTokens = 4096;
inline constexpr std::uint64_t kFrameTokens = 512;  // roles, tools, what a provider adds
CallSize size_of(const provider::Prompt& prompt, const config::ModelConfig& model,
                 std::uint64_t assumed_max_tokens);

}  // namespace gvm::billing
