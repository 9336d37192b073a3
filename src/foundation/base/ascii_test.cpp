#include "base/ascii.h"

#include <gtest/gtest.h>

namespace gvm {
namespace {

TEST(Ascii, LowersTheLettersOfAsciiAndNothingElse) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool upper = byte >= 'A' && byte <= 'Z';
    EXPECT_EQ(to_lower(c), upper ? static_cast<char>(byte + 32) : c) << byte;
  }
  EXPECT_EQ(lowered(std::string_view("X-\xC3\x84 Zz[@")), "x-\xC3\x84 zz[@");
}

TEST(Ascii, TrimsBothEndsOnly) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\r\na\n"), "\r\na\n");
  EXPECT_EQ(trim("\r\na\n", "\r\n"), "a");
}

}  // namespace
}  // namespace gvm
