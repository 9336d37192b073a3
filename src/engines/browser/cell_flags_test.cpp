#include "browser/cell_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace gvm::browser {
namespace {

using testing::Contains;
using testing::StartsWith;

TEST(BrowserArguments, ImagesStandStillWhateverAnOperatorSets) {
  const std::vector<std::string> own = {
      "--blink-settings=imageAnimationPolicy=0,imagesEnabled=false", "--force-dark-mode",
      "--blink-settings=hideScrollbars=true"};
  const auto all = browser_arguments({}, own);
  EXPECT_THAT(all, Contains("--force-dark-mode"));
  EXPECT_EQ(std::ranges::count_if(all, [](auto& a) { return a.starts_with("--blink-settings="); }),
            1);
  EXPECT_THAT(all, Contains("--blink-settings=imageAnimationPolicy=0,imagesEnabled=false,"
                            "hideScrollbars=true,imageAnimationPolicy=2"));
  EXPECT_THAT(browser_arguments({}, {}), Contains("--blink-settings=imageAnimationPolicy=2"));
}

}  // namespace
}  // namespace gvm::browser
