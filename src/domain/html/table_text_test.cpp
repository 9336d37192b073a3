// Columns of a table stay where they are in its text, and each row is a line.
#include <gtest/gtest.h>

#include "html/composed_text.h"
#include "html/page.h"
#include "html/test_documents.h"

namespace gvm::html {
namespace {

std::string rows(std::string_view inside) {
  return text_of("<table>" + std::string(inside) + "</table>");
}

TEST(TableText, SpannedCellsLeaveEmptyOnes) {
  EXPECT_EQ(rows("<tr><td rowspan=2>UK<td>London<td>9<tr><td>Leeds<td>4"),
            "UK\tLondon\t9\n\tLeeds\t4");
  EXPECT_EQ(rows("<tr><td colspan=2>Total<td>13<tr><td>a<td>b<td>c"), "Total\t\t13\na\tb\tc");
  EXPECT_EQ(rows("<tr><td>a<td colspan=3>b"), "a\tb\t\t");
  EXPECT_EQ(rows("<tr><td>a<td rowspan=3>b<tr><td>c<tr><td>d<tr><td>e<td>f"),
            "a\tb\nc\t\nd\t\ne\tf");
  EXPECT_EQ(rows("<tr><td rowspan=2 colspan=2>a<td>b<tr><td>c"), "a\t\tb\n\t\tc");
  EXPECT_EQ(rows("<tr><td>a<td>b<td rowspan=2>c<tr><td>d"), "a\tb\tc\nd\t\t");
}

TEST(TableText, ASpanEndsWithItsGroup) {
  EXPECT_EQ(rows("<tbody><tr><td rowspan=0>a<td>b<tr><td>c<tbody><tr><td>d<td>e"),
            "a\tb\n\tc\nd\te");
  EXPECT_EQ(rows("<tbody><tr><td rowspan=9>a<td>b<tbody><tr><td>d<td>e"), "a\tb\nd\te");
}

TEST(TableText, SpansThatMakeNoSenseAreOne) {
  EXPECT_EQ(rows("<tr><td colspan=0>a<td colspan=x>b<td rowspan=-1>c<tr><td>d<td>e<td>f"),
            "a\tb\tc\nd\te\tf");
}

TEST(TableText, HugeSpansAreBounded) {
  std::string html;
  for (int i = 0; i < 5000; ++i) html += "<tr><td colspan=1000 rowspan=60000>x";
  EXPECT_LE(rows(html).size(), 2'000'000U);
}

TEST(TableText, ListsAndParagraphsInCellsAreNoLinesOfTheirOwn) {
  EXPECT_EQ(rows("<tr><td>Goals<td><ul><li>Ann 3<li>Bob 1</ul><td>4"), "Goals\tAnn 3 Bob 1\t4");
  EXPECT_EQ(rows("<tr><td><p>a<p>b<td>x<br>y"), "a b\tx y");
}

TEST(TableText, LinesOfOneCellAndOfCodeStay) {
  EXPECT_EQ(rows("<tr><td><p>a<p>b"), "a\n\nb");
  EXPECT_EQ(rows("<tr><td><pre>1\n2</pre><td><pre>x\ny</pre>"), "1\n2\tx\ny");
  const std::string longer = "<p>" + repeated("word ", 300);
  EXPECT_NE(rows("<tr><td>menu<td>" + longer + longer).find("word\n\nword"), std::string::npos);
}

TEST(TableText, HeadAndFootStandWhereTheyAreShown) {
  constexpr std::string_view kOrder =
      "<caption>C<tfoot><tr><td>sum<tbody><tr><td>a<tbody><tr><td>b<thead><tr><th>what";
  EXPECT_EQ(rows(kOrder), "C\nwhat\na\nb\nsum");
  EXPECT_EQ(rows("<tfoot><tr><td><table><tfoot><tr><td>in sum<tbody><tr><td>in</table><tbody><tr>"
                 "<td>out"),
            "out\nin\nin sum");
  EXPECT_EQ(rows("<thead><tr><td>1<tbody><tr><td>2<tfoot><tr><td>3"), "1\n2\n3");
}

TEST(TableText, OfABrowserIsMadeTheSameWay) {
  EXPECT_EQ(composed_text("\x01rn\x05"
                          "2,1;\x01"
                          "cnTotal\x03\x01"
                          "cn13\x03\x03"),
            "Total\t\t13");
  for (const char* broken : {"\x05",
                             "\x05"
                             "9",
                             "\x05"
                             "1,2",
                             "\x05;x",
                             "\x05"
                             "99999999999999999999,1;"})
    EXPECT_LE(composed_text(broken).size(), 1U);
}

TEST(TableMarkdown, KeepsATableWithAnotherInOneCell) {
  const auto document = parsed(
      "<table><tr><th>Team<th>Results<tr><td>Ajax<td><table><tr><td>home<td>3-1<tr><td>away<td>0-0"
      "</table><tr><td>PSV<td>none</table>");
  const auto text = main_markdown(*document);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "| Team | Results |\n| --- | --- |\n| Ajax | home 3-1 away 0-0 |\n| PSV | none |");
}

}  // namespace
}  // namespace gvm::html
