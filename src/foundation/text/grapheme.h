#pragma once
// Borders of extended grapheme clusters (UAX #29, Unicode 15.0): what a reader takes for one
// character.
#include <cstdint>

namespace gvm::text {

class GraphemeBorders {
 public:
  // Whether a cluster begins with `c`, which follows all code points given before.
  bool before(char32_t c);

 private:
  enum class Emoji : std::uint8_t { none, pictograph, joined };  // GB11

  std::uint8_t last_ = 0;  // Grapheme_Cluster_Break of the code point before
  Emoji emoji_ = Emoji::none;
  bool begun_ = false;
  bool odd_flag_ = false;  // an odd number of regional indicators stands before (GB12, GB13)
};

}  // namespace gvm::text
