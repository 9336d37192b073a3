#pragma once
// Words that an attacker cannot know and that stand in none of the texts they are used with. Pure.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace gvm::judge {

// 64 random bits. Sessions use the system's source: a seed that is configured can be known.
using Random = std::function<std::uint64_t()>;

// `prefix` and at least `letters` small letters and digits, which are in none of `texts`. A text
// that holds so many words that drawing keeps failing makes the word longer: texts of together 32
// MiB cannot hold all words of 5 letters.
std::string draw_word(std::string_view prefix, std::size_t letters,
                      std::span<const std::string_view> texts, const Random& random);

}  // namespace gvm::judge
