#pragma once
// Base64 (RFC 4648, section 4), hex, and UTF-8 validation.
#include <optional>
#include <string>
#include <string_view>

namespace gvm {

std::string base64_encode(std::string_view bytes);
void base64_encode_to(std::string& out, std::string_view bytes);
// The padding may be missing but must not be wrong; any other character outside the alphabet is
// refused.
std::optional<std::string> base64_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

// RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);
// Replaces every maximal invalid sequence by U+FFFD.
std::string to_valid_utf8(std::string_view bytes);

}  // namespace gvm
