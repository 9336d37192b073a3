// Text from boxes, as both engines make it; what a style attribute hides.
#include "html/text_flow.h"

#include <gtest/gtest.h>

#include "html/composed_text.h"
#include "html/inline_style.h"
#include "html/page.h"
#include "html/test_documents.h"

namespace gvm::html {

namespace {

using namespace std::string_literals;

std::string page_of(std::string_view html) {
  return body_text(*parsed(html));
}

TEST(TextFlow, EmptyCellsKeepTheirPlace) {
  EXPECT_EQ(text_of("<table><tr><td>3<td><td>4<tr><td><td><td>5<tr><td>6<td><td></table>"),
            "3\t\t4\n\t\t5\n6\t\t");
}

TEST(TextFlow, ARowWithoutTextIsLeftOut) {
  EXPECT_EQ(text_of("<table><tr><td>a<td>b<tr><td><td> <tr><td>c<td>d</table>"), "a\tb\nc\td");
}

TEST(TextFlow, ACellAfterParagraphsStaysInItsRow) {
  EXPECT_EQ(text_of("<table><tr><td><p>a</p><td><p>b</p><td></table>x"), "a\tb\t\nx");
}

TEST(TextFlow, ATableInACellKeepsTheEmptyCellBefore) {
  EXPECT_EQ(text_of("<table><tr><td><td><table><tr><td>i<td>j</table><td>b</table>"), "\ti\tj\tb");
}

TEST(TextFlow, CellsByStyleAreCells) {
  EXPECT_EQ(text_of("<div style='display:table'><div style='display:table-row'>"
                    "<div style='display:table-cell'>a</div><div style='display:table-cell'>b</div>"
                    "</div></div>"),
            "a\tb");
  EXPECT_EQ(text_of("<div><i style='display:table-cell'>a</i><i style='display:table-cell'>b</i>"
                    "<p>c</p></div>"),
            "a\tb\n\nc")
      << "cells without a row";
}

TEST(TextFlow, SpacesStayWhereTheStyleKeepsThem) {
  EXPECT_EQ(text_of("<div style='white-space:pre'>a  b\n  c</div>"), "a  b\n  c");
  EXPECT_EQ(text_of("<div style='white-space:pre-line'>a  b \n  c</div>"), "a b\nc");
  EXPECT_EQ(text_of("<pre><span style='white-space:normal'>a  b\nc</span></pre>"), "a b c");
}

TEST(TextFlow, AStyleMakesBlocks) {
  EXPECT_EQ(text_of("<span style='display:block'>a</span><span>b</span>"), "a\nb");
  EXPECT_EQ(text_of("<div style='display:inline'>a</div><div style='display:inline-block'>b</div>"),
            "ab");
  EXPECT_EQ(text_of("<div style='display:flex'><span>a</span><span>b</span></div>"), "a\nb");
  EXPECT_EQ(text_of("x<b style='float:left'>a</b>y"), "x\na\ny");
}

TEST(VisibleText, WhatIsApartAndNotSeenPartsNoLine) {
  EXPECT_EQ(text_of("<p>$<span style='position:absolute;left:-9999px'>Price <b>is</b></span>10"),
            "$10");
  EXPECT_EQ(text_of("<p>a<span style='float:left'><br> <i style='font-size:0'>no</i></span>b"),
            "ab");
  EXPECT_EQ(text_of("a<div style='position:absolute'><p>b</p></div>c"), "a\n\nb\n\nc");
  EXPECT_EQ(text_of("a<div style='opacity:0'>no</div>b"), "a\nb") << "its place is kept";
  EXPECT_EQ(text_of("<table><tr><td>1<td style='opacity:0'>no<td>3</table>"), "1\t\t3");
}

TEST(ComposedText, ReadsMarks) {
  EXPECT_EQ(composed_text("\x01"
                          "pn a  b \x03\x01"
                          "bnc\x02"
                          "d\x03"s),
            "a b\n\nc\nd");
  EXPECT_EQ(composed_text("\x01rn\x01"
                          "cn1\x03\x01"
                          "cn\x03\x01"
                          "cn2\x03\x03"s),
            "1\t\t2");
  EXPECT_EQ(composed_text("\x01"
                          "bk a\n  b\x03"s),
            " a\n  b");
  EXPECT_EQ(composed_text("a\x04\x01"
                          "b"s),
            "a\x01"
            "b");
}

TEST(ComposedText, ReadsWhatMakesNoSense) {
  EXPECT_EQ(composed_text(""), "");
  EXPECT_EQ(composed_text("\x03\x03"
                          "a\x03"s),
            "a");
  EXPECT_EQ(composed_text("a\x01"s), "a");
  EXPECT_EQ(composed_text("a\x01"
                          "b"s),
            "a");
  EXPECT_EQ(composed_text("a\x04"s), "a");
  EXPECT_EQ(composed_text("\x01zzx"s), "x");
  EXPECT_EQ(composed_text("\x01"
                          "cna\x01"
                          "cnb"s),
            "a\nb")
      << "cells that stand nowhere";
}

TEST(ComposedText, ADeepTreeIsReadInLinearTime) {
  constexpr std::size_t kDepth = 1'000'000;
  EXPECT_EQ(composed_text(repeated("\x01"
                                   "bn",
                                   kDepth) +
                          "x" + repeated("\x03", kDepth)),
            "x");
  const std::string cells = repeated(
      "\x01"
      "bn\x01"
      "cna",
      kDepth / 10);
  EXPECT_GT(composed_text(cells).size(), kDepth / 10);
}

TEST(RereadAsUtf8, KnowsUtf8ThatWasTakenForWindows1252) {
  EXPECT_EQ(reread_as_utf8("PrÃ¶ÃŸe â‚¬ 5"), "Pröße € 5");
  EXPECT_EQ(reread_as_utf8("plain"), "");
  EXPECT_EQ(reread_as_utf8("Pröße"), "") << "it was windows-1252";
  EXPECT_EQ(reread_as_utf8("Ã¶ 漢"), "") << "a script wrote it";
  EXPECT_EQ(reread_as_utf8(""), "");
}

struct Hidden : testing::TestWithParam<const char*> {};
TEST_P(Hidden, IsLeftOutUnlessAskedFor) {
  const std::string html =
      "<!doctype html><p>a</p><div style='" + std::string(GetParam()) + "'>secret</div><p>b</p>";
  EXPECT_EQ(page_of(html), "a\n\nb");
  EXPECT_EQ(page_visible_text(*parsed(html), Invisible::included), "a\n\nsecret\n\nb");
}
INSTANTIATE_TEST_SUITE_P(
    Styles, Hidden,
    testing::Values("display:none", "visibility:hidden", "visibility: collapse", "opacity:0",
                    "opacity:.01", "font-size:0", "font-size:0px", "font-size:1px",
                    "position:absolute;left:-9999px", "position:fixed;top:-1000em",
                    "text-indent:-9999px", "margin-left:-9999px",
                    "position:absolute;clip:rect(0 0 0 0)",
                    "position:absolute;clip:rect(1px,1px,1px,1px)", "clip-path:inset(50%)",
                    "clip-path:circle(0)", "overflow:hidden;height:0",
                    "OVERFLOW : hidden ; max-height : 1px", "color:white",
                    "color:#fff;background:#fefefe", "color:#123456;background-color:#123457"));

struct Shown : testing::TestWithParam<const char*> {};
TEST_P(Shown, IsPartOfTheText) {
  const std::string html =
      "<!doctype html><p>a</p><div style='" + std::string(GetParam()) + "'>text</div><p>b</p>";
  EXPECT_EQ(page_of(html), "a\n\ntext\n\nb");
}
INSTANTIATE_TEST_SUITE_P(
    Styles, Shown,
    testing::Values("display:block", "visibility:visible", "opacity:0.5", "opacity:1",
                    "font-size:12px", "font-size:0.8em", "position:absolute;left:-20px",
                    "left:-9999px", "text-indent:-20px", "position:absolute;clip:auto",
                    "clip-path:inset(5%)", "overflow:hidden", "height:0",
                    "color:white;background:black", "color:white;background:url(x.png)",
                    "color:white;background-image:url(x.png)", "color:#eee;background:#aaa",
                    "color", ":;:;", "display:;color:", "color:#00e;background:#0c582c",
                    "position:absolute;color:white", "color:white;color:hsl(0 0% 10%)"));

TEST(VisibleText, StylesAreHandedDown) {
  EXPECT_EQ(page_of("<div style='visibility:hidden'>a<b style='visibility:visible'>b</b>c</div>"),
            "b");
  EXPECT_EQ(page_of("<div style='font-size:0'>a<b style='font-size:16px'>b</b></div>"), "b");
  EXPECT_EQ(page_of("<div style='opacity:0'>a<b style='opacity:1'>b</b></div>"), "");
  EXPECT_EQ(page_of("<body bgcolor=black><font color=white>seen</font><font color=#000>not"),
            "seen");
  EXPECT_EQ(page_of("<body background=dark.png><font color=white>seen"), "seen");
  EXPECT_EQ(page_of("<div style='color:white;background:black'>a<p style='color:hsl(0 0% 9%);"
                    "background:white'>b"),
            "a\n\nb");
  EXPECT_EQ(page_of("<html style='background:black'><body style='color:white'>seen"), "seen");
  EXPECT_EQ(page_of("<style>body{background:black}</style><p style='color:white'>seen"), "seen")
      << "the background may come from a style sheet";
}

TEST(VisibleText, AStyleOverrulesTheAttributeHidden) {
  EXPECT_EQ(page_of("<p hidden style='display:block'>a</p><p popover>b</p><p hidden>c</p>"), "a");
  EXPECT_EQ(page_of("<progress>1</progress><meter>2</meter>x"), "x");
}

TEST(PageText, AFramesetNamesItsFrames) {
  const auto page = page_text("<frameset><frame src=a.html><frame src='https://b.example/'>",
                              "text/html", "https://a.example/x/");
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), "WEBPAGE_LOAD_FAILED");
  EXPECT_NE(page.error().to_string().find("https://a.example/x/a.html https://b.example/"),
            std::string::npos)
      << page.error().to_string();
  const Value* frames = page.error().ctx().find("frames");
  ASSERT_NE(frames, nullptr);
  EXPECT_EQ(frames->as_array()->size(), 2U);
}

TEST(PageText, DataIsGivenAsItIs) {
  const std::string csv = "a,b\n1,\n";
  EXPECT_EQ(page_text(csv, "text/csv", "")->text, csv);
  EXPECT_EQ(page_text("<rss>\n <a>1</a></rss>", "application/rss+xml", "")->text,
            "<rss>\n <a>1</a></rss>");
}

}  // namespace

}  // namespace gvm::html
