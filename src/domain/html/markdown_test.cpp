#include "html/markdown.h"

#include "html/main_content.h"
#include "html/page.h"
#include "html/test_documents.h"

namespace gvm::html {

namespace {

std::string md(std::string_view html) {
  const auto document = parsed(html, "https://example.com/dir/");
  const auto out = markdown(*document, {document->body()});
  return out ? *out : out.error().to_string();
}

TEST(Markdown, BlocksAndInlines) {
  EXPECT_EQ(md("<h1>A <em>b</em></h1><p>c <strong>d</strong> <b>e</b>f</p><h3>g</h3>"),
            "# A *b*\n\nc **d** **e**f\n\n### g");
  EXPECT_EQ(md("a<br>b<hr>c"), "a\\\nb\n\n---\n\nc");
  EXPECT_EQ(md("<p>x<b> y </b>z<i></i></p>"), "x **y** z");
  EXPECT_EQ(md("<del>a</del> <b><strong>n</strong></b>"), "~~a~~ **n**");
  EXPECT_EQ(md("<div>a</div><div>b</div>"), "a\n\nb");
}

TEST(Markdown, ListsAndQuotes) {
  EXPECT_EQ(md("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>"), "- a\n- b\n  - c\n- d");
  EXPECT_EQ(md("<ol start=3><li>a<li><p>b</p><p>c</p></ol>"), "3. a\n\n4. b\n\n   c");
  EXPECT_EQ(md("<blockquote><p>a</p><p>b<ul><li>c</ul></blockquote>d"),
            "> a\n>\n> b\n>\n> - c\n\nd");
}

TEST(Markdown, LinksAndImages) {
  EXPECT_EQ(md("<a href=x>a</a>"), "[a](https://example.com/dir/x)");
  EXPECT_EQ(md("Wow!<a href='/(p)'>l</a>"), "Wow\\![l](https://example.com/%28p%29)");
  EXPECT_EQ(md("<a href='javascript:x()'>a</a><a href=y></a>"), "a");
  EXPECT_EQ(md("<img src=i.png alt='An [image]'><img src=j.png>"),
            "![An \\[image\\]](https://example.com/dir/i.png)");
  EXPECT_EQ(md("<a href=x><h2>T</h2><p>d</p></a>"),
            "## [T](https://example.com/dir/x)\n\n[d](https://example.com/dir/x)");
}

TEST(Markdown, Code) {
  EXPECT_EQ(md("a <code>x * `y`</code> b"), "a `` x * `y` `` b");
  EXPECT_EQ(md("<pre><code class='hl language-rust'>fn a() {\n\n  b\n}\n</code></pre>c"),
            "```rust\nfn a() {\n\n  b\n}\n```\n\nc");
  EXPECT_EQ(md("<ul><li>x<pre>```\ny</pre></ul>"), "- x\n\n  ````\n  ```\n  y\n  ````");
}

TEST(Markdown, Tables) {
  EXPECT_EQ(md("<table><tr><th>a<th>b|c<tr><td>1<td>*2*</table>"),
            "| a | b\\|c |\n| --- | --- |\n| 1 | \\*2\\* |");
  EXPECT_EQ(md("<table><tr><td>1<td>2</table>"), "|  |  |\n| --- | --- |\n| 1 | 2 |");
  // For layout: its cells are blocks.
  EXPECT_EQ(md("<table><tr><td><h2>a</h2><td>b</table>"), "## a\n\nb");
}

TEST(Markdown, TextMeansNothingToMarkdown) {
  EXPECT_EQ(md("<p># a</p><p>1. b</p><p>- c</p><p>&gt; d</p><p>+ e</p><p>2) f</p>"),
            "\\# a\n\n1\\. b\n\n\\- c\n\n\\> d\n\n\\+ e\n\n2\\) f");
  EXPECT_EQ(md("*a* _b_ snake_case `c` [d](e) &lt;f&gt; &amp;amp; \\ ~~g~~"),
            "\\*a\\* \\_b\\_ snake_case \\`c\\` \\[d\\](e) \\<f> \\&amp; \\\\ \\~\\~g\\~\\~");
  EXPECT_EQ(md("AT&T & co - 3 > 2"), "AT&T & co - 3 > 2");
}

TEST(Markdown, BombsOfPrefixesAndLinksAreBounded) {
  EXPECT_LT(md(repeated("<blockquote>", 400) + repeated("<p>x", 1000)).size(), 200'000U);
  const std::string link = "<a href='https://e.com/" + std::string(2000, 'x') + "'>";
  EXPECT_TRUE(md(link + repeated("<p>x</p>", 30'000)).starts_with("DOCUMENT_TOO_COMPLEX"));
}

constexpr std::string_view kArticle =
    R"(<!doctype html><html lang=en><head><title>T</title></head><body>
<header><a href=/>Home</a> <form><input><button>Search</button></form></header>
<nav><ul><li><a href=/a>Section A</a><li><a href=/b>Section B</a></ul></nav>
<div id="page-wrap"><div class="cookie-consent"><p>We use cookies, many cookies, all of them, and
this paragraph is long enough to count, if anybody asked for it.</p></div>
<div class="post-body"><h1>The bridge reopens</h1>
<p>After four years of work, the old bridge opens again on Monday, the city said, with new lamps,
a wider path and a lower price than feared.</p>
<p>Engineers replaced <b>nine</b> of its twelve arches, <a href=/r>a report</a> says, and found the
rest sound, dry and older than the archive knew.</p>
<ul class=related-links><li><a href=/x>Ten bridges you must see</a><li><a href=/y>Arches, ranked</a>
</ul>
<div class="share-buttons"><a href=#>Tweet this article now</a></div>
<blockquote>It will stand for a hundred years, and then somebody else may worry.</blockquote>
<p>Traffic starts at noon, with a parade before it, weather permitting, as ever in this town.</p>
</div><aside><h3>Most read</h3><p>Something else entirely, with commas, lots of them, really,
so that it looks like text.</p></aside>
<div class=comments><p>First! This is a comment, and it is long enough, too, to look like a
paragraph of the page, which it is not.</p></div></div>
<footer><p>Copyright, imprint, terms, privacy, contact, careers, press, and so on and on.</p></footer>
</body></html>)";

TEST(MainContent, IsTheArticleWithoutWhatIsAroundIt) {
  const auto document = parsed(kArticle, "https://example.com/");
  const std::string text = main_text(*document);
  // The title is the title; the Markdown of a document begins with it.
  EXPECT_TRUE(text.starts_with("After four years")) << text;
  EXPECT_TRUE(text.ends_with("as ever in this town.")) << text;
  EXPECT_NE(text.find("It will stand"), std::string::npos);
  for (const char* other : {"Section", "cookies", "Tweet", "Most read", "First!", "Copyright",
                            "Search", "Ten bridges"}) {
    EXPECT_EQ(text.find(other), std::string::npos) << other;
  }
}

TEST(MainContent, AsMarkdown) {
  const auto document = parsed(kArticle, "https://example.com/");
  const auto text = main_markdown(*document);
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->starts_with("# The bridge reopens\n\nAfter four years"));
  EXPECT_NE(text->find("replaced **nine** of its twelve arches, [a report](https://example.com/r)"),
            std::string::npos);
  EXPECT_NE(text->find("\n\n> It will stand"), std::string::npos);
}

TEST(MainContent, PrefersTheArticleElement) {
  const auto document = parsed(
      "<main><p>Intro, long enough, to be a paragraph of its own, here.</p><article><h1>H</h1>"
      "<p>The first paragraph, with commas, with words, and with some length to it.</p>"
      "<section><p>The second one, in a section, with commas, and of some length too.</p></section>"
      "</article></main>");
  const std::string text = main_text(*document);
  EXPECT_TRUE(text.starts_with("The first")) << text;
  EXPECT_TRUE(text.ends_with("length too.")) << text;
}

TEST(MainContent, OfAPageWithoutContentIsItsText) {
  EXPECT_EQ(main_text(*parsed("<p>short</p>")), "short");
  EXPECT_EQ(main_text(*parsed("")), "");
}

TEST(MainContent, OfAFragmentOfShortParagraphsKeepsThemAll) {
  const std::string text = main_text(
      *parsed("<h1>List</h1><p>One paragraph of thirty bytes, or so.</p><p>Two, the same length as "
              "one, more or less.</p><p>tiny</p>"));
  EXPECT_EQ(text,
            "List\n\nOne paragraph of thirty bytes, or so.\n\nTwo, the same length as one, more "
            "or less.\n\ntiny");
}

}  // namespace

}  // namespace gvm::html
