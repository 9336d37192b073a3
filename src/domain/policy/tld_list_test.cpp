// A public suffix list of an operator's own.
#include "policy/tld_list.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/error_detail.h"
#include "policy/url_rules.h"

namespace gvm::policy {
namespace {

class TldListTest : public testing::Test {
 protected:
  TldListTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gvm-tld-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TldListTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) const {
    const auto file = folder_ / "list.dat";
    std::ofstream(file) << text;
    return file.string();
  }
  // The domains of the build without `com`, and two that came later.
  static std::string newer(const std::string& version) {
    std::string text = version.empty() ? "" : "// VERSION: " + version + "\n";
    text +=
        "// ===BEGIN ICANN DOMAINS===\nweb\n*.later\n!www.later\n\n// a comment\nco.uk\nпример\n";
    for (const auto tld : public_tlds())
      if (tld != "com") text += std::string(tld) + "\n";
    return text + "// ===END ICANN DOMAINS===\ngithub.private\n";
  }

  std::filesystem::path folder_;
};

TEST_F(TldListTest, CountsInPlaceOfTheListThatShips) {
  const auto list = TldList::load(write(newer("2026-10-01_07-00-00_UTC")));
  ASSERT_TRUE(list) << list.error().to_string();
  EXPECT_EQ((*list)->version(), "2026-10-01_07-00-00_UTC");
  for (const char* tld : {"web", "later", "uk", "xn--e1afmkfd", "org", "xn--p1ai"})
    EXPECT_TRUE((*list)->contains(tld)) << tld;
  for (const char* tld : {"com", "private", "onion", ""})
    EXPECT_FALSE((*list)->contains(tld)) << tld;

  const auto rules = UrlRules::compile({.tlds = *list}, AddressRules());
  ASSERT_TRUE(rules);
  const auto allowed = [&](const char* text) {
    return rules->judge(url::parse(text).value()).allowed;
  };
  EXPECT_TRUE(allowed("https://brand.web/"));
  EXPECT_TRUE(allowed("https://xn--80ak6aa92e.xn--p1ai/"));
  EXPECT_FALSE(allowed("https://example.com/"));
}

TEST_F(TldListTest, KnowsWhenItIsOlder) {
  const auto without = TldList::load(write(newer("")));
  EXPECT_FALSE((*without)->older_than_built_in()) << "nobody can tell: the operator's counts";
  const auto future = TldList::load(write(newer("2999-01-01_00-00-00_UTC")));
  EXPECT_FALSE((*future)->older_than_built_in());
  const auto old = TldList::load(write(newer("2001-01-01_00-00-00_UTC")));
  EXPECT_EQ((*old)->older_than_built_in(), !public_tlds_version().empty());
}

TEST_F(TldListTest, IsRefusedWhenItIsNone) {
  EXPECT_FALSE(TldList::load((folder_ / "none").string()));
  EXPECT_FALSE(TldList::load(folder_.string()));
  EXPECT_FALSE(TldList::load(write("com\norg\n")));
  const auto html = TldList::load(write("<html>404</html>"));
  ASSERT_FALSE(html);
  EXPECT_NE(detail_of(html.error()).find("no public suffix list"), std::string_view::npos);
}

}  // namespace
}  // namespace gvm::policy
