#pragma once
// Texts that hide in base64, hex or URL encoding, and large base64 data, found in a text.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/size.h"

namespace gvm::text {

enum class Encoding { base64, hex, url };
std::string_view name_of(Encoding encoding);  // "base64", "hex", "url"

struct Encoded {
  Encoding encoding = Encoding::base64;
  std::size_t begin = 0;  // bytes of the text
  std::size_t end = 0;
  // What it says. Empty for base64 of no text, as of a picture.
  std::string decoded;
};

// A blob counts when it decodes to readable text: UTF-8 without control characters, mostly letters
// and spaces. So hashes, addresses and keys are none. Base64 that is no text counts from 256
// characters on.
inline constexpr std::size_t kLeastBase64 = 16;        // characters
inline constexpr std::size_t kLeastHex = 20;           // digits
inline constexpr std::size_t kLeastEscapes = 3;        // "%41" in a run of at least 9 bytes
inline constexpr std::size_t kLeastData = 256;         // base64 characters
inline constexpr std::size_t kLongestRun = 64 * kKiB;  // longer runs are judged in parts

// Length of the run of bytes at the start of `text` that may be one blob, kLongestRun at most; 0
// when none begins here.
std::size_t encoded_run(std::string_view text);
// Judges such a run; begin and end of the result are 0 and its size.
std::optional<Encoded> decode_run(std::string_view run);

// The bytes of a run of 16 or more base64 digits of either alphabet (RFC 4648, sections 4 and 5),
// with or without padding. Unused bits at the end are not looked at.
std::optional<std::string> decode_base64_run(std::string_view run);

// All of them, at most `most`, in their order. Linear.
std::vector<Encoded> find_encoded(std::string_view text, std::size_t most);

}  // namespace gvm::text
