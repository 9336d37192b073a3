#pragma once
// The picture that llm-check shows to a model that is said to take images.
#include <string>
#include <string_view>

namespace gvm::provider {

// The one word that is drawn in it.
inline constexpr std::string_view kPictureWord = "TIGER";

// A PNG of the word in black on white, about 20 KB.
std::string check_picture();

}  // namespace gvm::provider
