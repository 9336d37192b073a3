#include "browser/fonts.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gvm::browser {
namespace {

TEST(Fonts, AScriptWithoutFontIsNamedWithItsPackage) {
  const auto missing = scripts_without_font(
      [](char32_t letter) { return letter < U'\u0600' || letter == U'\u10D0'; });
  ASSERT_FALSE(missing.empty());
  EXPECT_EQ(missing.front().script, "Arabic");
  EXPECT_EQ(missing.front().package, "fonts-noto-core");
  EXPECT_EQ(missing.back().script, "emoji");
  EXPECT_EQ(missing.back().package, "fonts-noto-color-emoji");
  EXPECT_TRUE(scripts_without_font([](char32_t) { return true; }).empty());
}

TEST(Fonts, ThisMachineHasLatinLetters) {
  const auto missing = scripts_without_installed_font();
  EXPECT_TRUE(std::ranges::none_of(missing, [](auto& font) { return font.script == "Latin"; }));
}

}  // namespace
}  // namespace gvm::browser
