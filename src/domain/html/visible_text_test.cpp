#include "html/visible_text.h"

#include "html/page.h"
#include "html/test_documents.h"

namespace gvm::html {

namespace {

TEST(VisibleText, BlocksBreakLinesAndSpacesCollapse) {
  EXPECT_EQ(text_of("<div> a \n\t b </div><div>c</div>"), "a b\nc");
  EXPECT_EQ(text_of("a<span> b</span><b>c </b>d"), "a bc d");
  EXPECT_EQ(text_of("<p>a</p><p>b</p>"), "a\n\nb");
  EXPECT_EQ(text_of("<h1>T</h1>x<ul><li>a<li>b</ul>y"), "T\n\nx\na\nb\ny");
  EXPECT_EQ(text_of("a<br>b<br><br><br><br>c"), "a\nb\n\nc");
  EXPECT_EQ(text_of("<div>a<br></div><div>b</div>"), "a\nb");
  EXPECT_EQ(text_of("a&nbsp;&nbsp; b"), "a b");
  EXPECT_EQ(text_of("<div><div><div>a</div></div></div><div></div>b"), "a\nb");
}

TEST(VisibleText, WhatIsNotShownIsLeftOut) {
  EXPECT_EQ(text_of("a<script>x</script><style>y</style><noscript>n</noscript>"
                    "<template>t</template><!-- c --><textarea>z</textarea>b"),
            "ab");
  EXPECT_EQ(text_of("<p hidden>x</p><p style='color:red; DISPLAY : none !important'>x</p>"
                    "<p style='visibility:hidden'>x</p><p style='display:block'>y</p>"),
            "y");
  EXPECT_EQ(text_of("<details><summary>s</summary>closed<p>closed</p></details>"
                    "<details open><summary>t</summary>open</details>"),
            "s\nt\nopen");
  EXPECT_EQ(text_of("<dialog>no</dialog><dialog open>yes</dialog>"), "yes");
  EXPECT_EQ(text_of("<svg><title>no</title><text>yes</text><defs><text>no</text></defs></svg>"),
            "yes");
}

TEST(VisibleText, PreformattedTextIsKept) {
  EXPECT_EQ(text_of("x<pre>\n a\n   b\n\n\nc </pre>y"), "x\n a\n   b\n\n\nc\ny");
  EXPECT_EQ(text_of("<pre>a<br>b</pre>"), "a\nb");
}

TEST(VisibleText, CellsArePartedByTabs) {
  EXPECT_EQ(text_of("x<table><caption>C</caption><tr><th>a<th>b<tr><td>1<td><p>2</p></table>y"),
            "x\nC\na\tb\n1\t2\ny");
  EXPECT_EQ(text_of("<table><tr><td><td>b<tr><td>c<td></table>"), "\tb\nc\t");
  EXPECT_EQ(text_of("<table><tr><td>a<table><tr><td>i<td>j</table><td>b</table>"), "a\ni\tj\tb");
}

TEST(PageText, ReadsAPageAsItCameOverTheNetwork) {
  const auto page = page_text("<title> The\n title </title><p>\xCF\xF0",
                              "text/html; charset=cp1251", "https://example.com/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->title, "The title");
  EXPECT_EQ(page->text, "Пр");
  EXPECT_EQ(page->charset, "windows-1251");
}

TEST(PageText, GivesPlainTextAndRefusesWhatIsNone) {
  EXPECT_EQ(page_text("a <b>\n c", "text/plain", "")->text, "a <b>\n c");
  EXPECT_EQ(page_text("{\"a\": 1}", "application/ld+json", "")->text, "{\"a\": 1}");
  const auto image = page_text("\x89PNG", "image/png", "");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), "WEBPAGE_LOAD_FAILED");
}

TEST(PageText, OfWhatIsNoHtmlIsAsItIsWithPlainLineEnds) {
  for (const char* type : {"text/csv", "application/json", "text/plain", "application/rss+xml"}) {
    const auto text = page_text("a,<b>\r\n\r\n1\r2\n", type, "http://a.example/");
    ASSERT_TRUE(text) << type;
    EXPECT_EQ(text->text, "a,<b>\n\n1\n2\n") << type;
  }
}

}  // namespace

}  // namespace gvm::html
