#include "html/document.h"

#include "html/links.h"
#include "html/serialize.h"
#include "html/test_documents.h"

namespace gvm::html {

namespace {

std::string html_of(std::string_view source) {
  const auto document = parsed(source);
  return to_html(*document, document->root()).value();
}

TEST(Document, BuildsTheTreeOfTheStandard) {
  EXPECT_EQ(html_of("<!doctype html><p>a<p>b"),
            "<!DOCTYPE html><html><head></head><body><p>a</p><p>b</p></body></html>");
  // Misnested formatting: the adoption agency.
  EXPECT_EQ(html_of("<p>1<b>2<i>3</b>4</i>5</p>"),
            "<html><head></head><body><p>1<b>2<i>3</i></b><i>4</i>5</p></body></html>");
  // What a table cannot hold stands before it.
  EXPECT_EQ(html_of("<table>x<tr><td>y</table>"),
            "<html><head></head><body>x<table><tbody><tr><td>y</td></tr></tbody></table></body></"
            "html>");
}

TEST(Document, KnowsTheElementsOfToday) {
  EXPECT_EQ(html_of("<p>a<dialog>b</dialog>"),
            "<html><head></head><body><p>a</p><dialog>b</dialog></body></html>");
  EXPECT_EQ(html_of("<p>a<search>b</search>"),
            "<html><head></head><body><p>a</p><search>b</search></body></html>");
  EXPECT_EQ(html_of("<template><p>a</template>"),
            "<html><head><template><p>a</p></template></head><body></body></html>");
}

TEST(Document, ALinkOfSvgKeepsItsNamespace) {
  EXPECT_EQ(html_of("<svg><use xlink:href=#a href=#b></use></svg>"),
            "<html><head></head><body><svg><use xlink:href=\"#a\" "
            "href=\"#b\"></use></svg></body></html>");
}

TEST(Document, KeepsTheNameBehindARepeatedAttribute) {
  EXPECT_EQ(html_of("<p x x y=1 y z>"),
            "<html><head></head><body><p x=\"\" y=\"1\" z=\"\"></p></body></html>");
}

TEST(Document, WritesWhatItReads) {
  const std::string once = html_of(
      "<!doctype html><title>a&lt;b</title><body class='x \"y\"'><p>&amp;nbsp; &nbsp;&lt;<br>"
      "<script>if (a<b) x()</script><!-- c --><my-tag a=1>t</my-tag><svg><circle r=1 /></svg>");
  EXPECT_EQ(html_of(once), once);
  EXPECT_NE(once.find("&amp;nbsp; &nbsp;&lt;<br>"), std::string::npos);
  EXPECT_NE(once.find("if (a<b) x()"), std::string::npos);
}

TEST(Document, SubtreesAreRanges) {
  const auto document = parsed("<div><p>a<b>c</b></p><p>d</p></div>e");
  for (NodeId id = 1; id < document->size(); ++id) {
    const NodeId parent = document->parent(id);
    EXPECT_LT(parent, id);
    EXPECT_LE(document->end(id), document->end(parent));
  }
  NodeId counted = 0;
  NodeId left = 0;
  walk(
      *document, document->root(), [&](NodeId) { return ++counted, true; },
      [&](NodeId) { ++left; });
  EXPECT_EQ(counted, document->size());
  EXPECT_EQ(left, document->size());
}

TEST(Document, SurvivesNulAndInvalidBytes) {
  const auto document = parsed(std::string_view("<p>a\0b\xff</p><a\0 x\0=\0>", 20));
  EXPECT_EQ(visible_text(*document, document->root()), "ab\xEF\xBF\xBD");
  EXPECT_EQ(parsed("")->type(0), NodeType::document);
}

TEST(Links, AreAbsoluteByTheBaseOfTheDocument) {
  const auto document = parsed(
      "<base href='/dir/'><a href=' x?q=1#f ' rel='nofollow  me'> A <b>link</b></a>"
      "<a href='//other.example'><img alt='pic'></a><a name=n>no</a><a href='http://['>bad</a>",
      "https://example.com/page");
  const auto found = links(*document, document->root()).value();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].url, "https://example.com/dir/x?q=1#f");
  EXPECT_EQ(found[0].href, "x?q=1#f");
  EXPECT_EQ(found[0].text, "A link");
  EXPECT_EQ(found[0].rel, "nofollow me");
  EXPECT_EQ(found[1].url, "https://other.example/");
  EXPECT_EQ(found[1].text, "pic");
  EXPECT_EQ(found[2].url, std::nullopt);
}

TEST(Links, WithoutAnUrlOnlyAbsoluteOnesResolve) {
  const auto document = parsed("<a href=x>a</a><a href=https://e.com/y>b</a>");
  const auto found = links(*document, document->root()).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].url, std::nullopt);
  EXPECT_EQ(found[1].url, "https://e.com/y");
}

}  // namespace

}  // namespace gvm::html
