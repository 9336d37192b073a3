#pragma once
// Percent-encode sets (URL Standard, 1.3) and the escaping itself.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gvm::url {

class ByteSet {
 public:
  constexpr ByteSet() = default;
  constexpr ByteSet with(std::string_view bytes) const {
    ByteSet out = *this;
    for (const char c : bytes) out.set(static_cast<unsigned char>(c));
    return out;
  }
  constexpr ByteSet with_range(unsigned from, unsigned to) const {
    ByteSet out = *this;
    for (unsigned c = from; c <= to; ++c) out.set(c);
    return out;
  }
  constexpr bool has(char c) const { return table_[static_cast<unsigned char>(c)]; }

 private:
  constexpr void set(unsigned c) { table_[c] = true; }
  std::array<bool, 256> table_{};
};

inline constexpr ByteSet kC0Control = ByteSet().with_range(0, 0x1F).with_range(0x7F, 0xFF);
inline constexpr ByteSet kFragmentSet = kC0Control.with(" \"<>`");
inline constexpr ByteSet kQuerySet = kC0Control.with(" \"#<>");
inline constexpr ByteSet kSpecialQuerySet = kQuerySet.with("'");
inline constexpr ByteSet kPathSet = kQuerySet.with("?^`{}");
inline constexpr ByteSet kUserinfoSet = kPathSet.with("/:;=@[\\]|");

inline constexpr ByteSet kForbiddenHost =
    ByteSet().with(std::string_view("\0\t\n\r #/:<>?@[\\]^|", 17));
inline constexpr ByteSet kForbiddenDomain = kForbiddenHost.with_range(0, 0x1F).with("%\x7F");

inline void encode_byte(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 0xF];
}

// Appends `text`; runs of characters outside of `set` are copied as a whole.
inline void encode_to(std::string& out, std::string_view text, const ByteSet& set) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!set.has(text[i])) continue;
    out.append(text, plain, i - plain);
    encode_byte(out, text[i]);
    plain = i + 1;
  }
  out.append(text, plain);
}

std::string percent_decode(std::string_view text);

}  // namespace gvm::url
