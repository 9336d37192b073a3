#include "html/tables.h"

#include "html/test_documents.h"

namespace gvm::html {

namespace {

// Rows parted by " / ", cells by ",".
std::string rows_of(std::string_view html, std::size_t index = 0) {
  const auto document = parsed(html);
  const auto found = tables(*document, document->root());
  if (!found) return found.error().to_string();
  std::string out;
  for (const auto& row : (*found)[index].rows) {
    if (!out.empty()) out += " / ";
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : ",") + row[i];
  }
  return out;
}

TEST(Tables, RowsOfText) {
  EXPECT_EQ(rows_of("<table><tr><td> a <b>b</b><td>c<tr><td>d</table>"), "a b,c / d");
  EXPECT_EQ(rows_of("<table><tr><td><p>a</p><p>b</p><td></table>"), "a b,");
}

TEST(Tables, SpansAreFilledIn) {
  EXPECT_EQ(rows_of("<table><tr><td colspan=2>a<td>b<tr><td>c<td>d<td>e</table>"), "a,a,b / c,d,e");
  EXPECT_EQ(rows_of("<table><tr><td rowspan=2>a<td>b<tr><td>c</table>"), "a,b / a,c");
  EXPECT_EQ(rows_of("<table><tr><td>a<td rowspan=2>b<tr><td>c<tr><td>d<td>e</table>"),
            "a,b / c,b / d,e");
  EXPECT_EQ(rows_of("<table><tr><td>a<td>b<td rowspan=2>c<tr></table>"), "a,b,c / ,,c");
  EXPECT_EQ(rows_of("<table><tr><td rowspan=0>a<td>b<tr><td>c<tr><td>d</table>"),
            "a,b / a,c / a,d");
  EXPECT_EQ(rows_of("<table><tr><td rowspan=9 colspan=2>a<td>b<tr><td>c</table>"), "a,a,b / a,a,c");
  EXPECT_EQ(rows_of("<table><tr><td colspan=x rowspan=-3>a<td colspan=0>b</table>"), "a,b");
  // A span ends with its group of rows.
  EXPECT_EQ(rows_of("<table><thead><tr><th rowspan=9>a<tbody><tr><td>b</table>"), "a / b");
}

TEST(Tables, WhatIsNotShownIsNoRowAndNoCell) {
  EXPECT_EQ(
      rows_of("<table><tr><td>a<td>b<tr hidden><td>c<td>d<tr style='display:none'><td>e</table>"),
      "a,b");
  EXPECT_EQ(rows_of("<table><tbody hidden><tr><td>a</tbody><tr><td>b<td hidden>c<td>d</table>"),
            "b,d");
}

TEST(Tables, RowsStandInTheOrderInWhichTheyAreShown) {
  EXPECT_EQ(rows_of("<table><tfoot><tr><td>f</tfoot><tbody><tr><td>b</table>"), "b / f");
}

TEST(Tables, ListsAndBlocksInACellAreItsText) {
  EXPECT_EQ(rows_of("<table><tr><td><ul><li>a<li>b</ul><td><blockquote>c</blockquote></table>"),
            "a b,c");
}

TEST(Tables, CaptionAndHeader) {
  const auto document = parsed(
      "<table><caption> The <i>caption</i></caption><tr><th>a<th>b<tr><th>c<td>d</table>"
      "<table><thead><tr><td>x</thead><tr><td>y</table>");
  const auto found = tables(*document, document->root());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].caption, "The caption");
  EXPECT_EQ((*found)[0].header_rows, 1U);
  EXPECT_EQ((*found)[1].header_rows, 1U);
}

TEST(Tables, InnerTablesStandAloneToo) {
  const std::string html = "<table><tr><td>a<table><tr><td>i</table><td>b</table>";
  EXPECT_EQ(rows_of(html, 0), "a i,b");
  EXPECT_EQ(rows_of(html, 1), "i");
}

TEST(Tables, SpanBombsAreRefused) {
  const std::string wide =
      "<table><tr><td colspan=1000 rowspan=65534>x" + repeated("<tr><td>y", 2000) + "</table>";
  EXPECT_TRUE(rows_of(wide).starts_with("DOCUMENT_TOO_COMPLEX")) << rows_of(wide).substr(0, 80);
  const std::string heavy = "<table><tr><td colspan=1000>" + std::string(200'000, 'x') + "</table>";
  EXPECT_TRUE(rows_of(heavy).starts_with("DOCUMENT_TOO_COMPLEX"));
}

}  // namespace

}  // namespace gvm::html
