// What is kept of pages for the status page: bounded, the newest of each session.
#include "web/thumbnails.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/json.h"

namespace gvm::web {
namespace {

std::size_t count(const Thumbnails& thumbnails) {
  return thumbnails.to_value().find("thumbnails")->as_array()->size();
}

std::string text_of(const Thumbnails& thumbnails) {
  return json::write(thumbnails.to_value());
}

TEST(Thumbnails, AreTheLastPageOfEachSession) {
  const auto thumbnails = std::make_shared<Thumbnails>(2);
  auto first = std::make_optional(Thumbnails::claim(thumbnails));
  const auto second = Thumbnails::claim(thumbnails);
  EXPECT_EQ(count(*thumbnails), 0U) << "nothing was taken";
  thumbnails->keep(*first, "https://a.example", "one");
  thumbnails->keep(*first, "https://b.example", "two");
  thumbnails->keep(second, "https://c.example", "three");
  EXPECT_EQ(count(*thumbnails), 2U);
  const auto text = text_of(*thumbnails);
  EXPECT_EQ(text.find("a.example"), text.npos);
  EXPECT_NE(text.find(R"("jpeg":"dHdv")"), text.npos) << text;
  EXPECT_EQ(text.find(R"("in_use":false)"), text.npos) << text;
  first.reset();
  EXPECT_NE(text_of(*thumbnails).find(R"("in_use":false)"), text.npos);
  const auto third = Thumbnails::claim(thumbnails);
  thumbnails->keep(third, "https://d.example", "four");
  EXPECT_EQ(count(*thumbnails), 2U) << "it has the place of the first";
  EXPECT_EQ(text_of(*thumbnails).find("b.example"), text.npos);
}

TEST(Thumbnails, AreBoundedInNumberAndSize) {
  const auto thumbnails = std::make_shared<Thumbnails>(1);
  const auto only = Thumbnails::claim(thumbnails);
  const auto without = Thumbnails::claim(thumbnails);
  thumbnails->keep(without, "https://a.example", "x");
  thumbnails->keep(only, "https://b.example", std::string(Thumbnails::kMostBytes + 1, 'x'));
  EXPECT_EQ(count(*thumbnails), 0U);
  thumbnails->keep(only, "https://b.example", std::string(Thumbnails::kMostBytes, 'x'));
  EXPECT_EQ(count(*thumbnails), 1U);
}

}  // namespace
}  // namespace gvm::web
