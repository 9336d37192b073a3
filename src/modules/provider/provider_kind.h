#pragma once
// The forms that providers speak.
#include <cstdint>

namespace gvm::provider {

enum class ProviderKind : std::uint8_t { openai_compatible, anthropic, google, ollama };

}  // namespace gvm::provider
