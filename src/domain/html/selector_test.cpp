#include "html/selector.h"

#include "html/test_documents.h"

namespace gvm::html {

namespace {

constexpr std::string_view kPage =
    "<div id=top class='a  b'><p id=p1 class=x lang=en-GB data-k='Foo Bar'>1</p>"
    "<p id=p2>2<span id=s1>s</span></p><h2 id=h></h2><p id=p3 class='X y'><!-- c --></p>"
    "<ul id=u><li id=l1><a id=k1 href=a.html>k</a><li id=l2><li id=l3><a id=k2>n</a><li id=l4>"
    "<li id=l5></ul></div><div id=end><p id=p4>4</p></div>";

// The ids of what the selector finds, or its error.
std::string found(std::string_view css, std::string_view html = kPage, std::string_view from = {}) {
  const auto document = parsed(html);
  const auto selector = Selector::compile(css);
  if (!selector) return selector.error().to_string();
  NodeId root = document->root();
  for (NodeId id = 0; id < document->size(); ++id) {
    if (!from.empty() && document->attribute(id, "id") == from) root = id;
  }
  const auto matches = select(*document, root, *selector);
  if (!matches) return matches.error().to_string();
  std::string out;
  for (const NodeId id : *matches) {
    if (!out.empty()) out += ' ';
    out += document->attribute(id, "id").value_or(document->name(id));
  }
  return out;
}

TEST(Selector, SimpleSelectors) {
  EXPECT_EQ(found("h2"), "h");
  EXPECT_EQ(found("H2"), "h");
  EXPECT_EQ(found("#p2"), "p2");
  EXPECT_EQ(found(".b"), "top");
  EXPECT_EQ(found(".x"), "p1");
  EXPECT_EQ(found("p.x#p1[lang]"), "p1");
  EXPECT_EQ(found("no-such, .none, #None"), "");
  EXPECT_EQ(found("li, h2 , #l1"), "h l1 l2 l3 l4 l5");
  EXPECT_EQ(found("html"), "html");
  EXPECT_EQ(found("#\\6c 1, #\\l2"), "l1 l2");
}

TEST(Selector, Attributes) {
  EXPECT_EQ(found("[data-k='Foo Bar']"), "p1");
  EXPECT_EQ(found("[ data-k = \"foo bar\" i ]"), "p1");
  EXPECT_EQ(found("[data-k='foo bar']"), "");
  EXPECT_EQ(found("[data-k~=Bar]"), "p1");
  EXPECT_EQ(found("[lang|=en]"), "p1");
  EXPECT_EQ(found("[lang|=e]"), "");
  EXPECT_EQ(found("[id^=l]"), "l1 l2 l3 l4 l5");
  EXPECT_EQ(found("[id$='5']"), "l5");
  EXPECT_EQ(found("[href*='.HTM' i]"), "k1");
  EXPECT_EQ(found("[id^='']"), "");
}

TEST(Selector, Combinators) {
  EXPECT_EQ(found("div p"), "p1 p2 p3 p4");
  EXPECT_EQ(found("#top > p"), "p1 p2 p3");
  EXPECT_EQ(found("#p1+p"), "p2");
  EXPECT_EQ(found("#p1 ~ p"), "p2 p3");
  EXPECT_EQ(found("body > div + div p"), "p4");
  EXPECT_EQ(found("div div p"), "");
  EXPECT_EQ(found("div ul > li a[href]"), "k1");
  EXPECT_EQ(found("h2 + p ~ ul a"), "k1 k2");
}

TEST(Selector, BacktracksWithoutBacktracking) {
  // The first candidate ancestor is the wrong one.
  EXPECT_EQ(found("#o > div em", "<div id=o><div id=i><div><em id=e></em></div></div></div>"), "e");
  EXPECT_EQ(
      found(".a > .b .c", "<p class=a><i class=b><i class=b><u class=c id=c></u></i></i></p>"),
      "c");
}

TEST(Selector, PseudoClasses) {
  EXPECT_EQ(found("li:first-child"), "l1");
  EXPECT_EQ(found("li:last-child"), "l5");
  EXPECT_EQ(found("li:nth-child(2n+1)"), "l1 l3 l5");
  EXPECT_EQ(found("li:nth-child(odd)"), "l1 l3 l5");
  EXPECT_EQ(found("li:nth-child( even )"), "l2 l4");
  EXPECT_EQ(found("li:nth-child(-n + 2)"), "l1 l2");
  EXPECT_EQ(found("li:nth-child(3)"), "l3");
  EXPECT_EQ(found("li:nth-last-child(-n+2)"), "l4 l5");
  EXPECT_EQ(found("#top > :nth-of-type(2)"), "p2");
  EXPECT_EQ(found("#top > p:last-of-type"), "p3");
  EXPECT_EQ(found("#top > p:nth-last-of-type(3)"), "p1");
  EXPECT_EQ(found("#top > :only-of-type"), "h u");
  EXPECT_EQ(found("a:only-child"), "k1 k2");
  EXPECT_EQ(found("p:empty"), "p3");
  EXPECT_EQ(found("a:link"), "k1");
  EXPECT_EQ(found(":root"), "html");
}

TEST(Selector, FunctionsOfSelectors) {
  EXPECT_EQ(found("#top > :not(p)"), "h u");
  EXPECT_EQ(found("p:not(.x, .y)"), "p2 p4");
  EXPECT_EQ(found(":is(h2, span):not(#h)"), "s1");
  EXPECT_EQ(found("div:has(a)"), "top");
  EXPECT_EQ(found("li:has(> a[href])"), "l1");
  EXPECT_EQ(found("p:has(+ h2)"), "p2");
  EXPECT_EQ(found("p:has(~ ul)"), "p1 p2 p3");
  EXPECT_EQ(found("li:not(:has(a))"), "l2 l4 l5");
  EXPECT_EQ(found("div:has(span, #p4)"), "top end");
}

TEST(Selector, IsMatchedInsideItsRoot) {
  EXPECT_EQ(found("p", kPage, "end"), "p4");
  EXPECT_EQ(found("div > p", kPage, "end"), "p4");
  EXPECT_EQ(found("body p", kPage, "end"), "");
  EXPECT_EQ(found(":scope > li", kPage, "u"), "l1 l2 l3 l4 l5");
  EXPECT_EQ(found("ul", kPage, "u"), "");
  EXPECT_EQ(found("li:has(a)", kPage, "u"), "l1 l3");
}

TEST(Selector, StopsAtTheWantedNumber) {
  const auto document = parsed(kPage);
  const auto matches = select(*document, document->root(), *Selector::compile("p, li"), 2);
  EXPECT_EQ(matches->size(), 2U);
}

TEST(Selector, ErrorsSayWhere) {
  struct Row {
    std::string_view css;
    int position;
  };
  const Row rows[] = {{"", 1},
                      {"p >", 4},
                      {"p,", 3},
                      {"p[", 3},
                      {"p[a", 4},
                      {"p[a=]", 5},
                      {"p[a='x]", 8},
                      {"p..x", 3},
                      {"p:hover", 2},
                      {"p::before", 3},
                      {"p:nth-child(x)", 13},
                      {"p:not(a b)", 9},
                      {"p:not(", 7},
                      {"svg|a", 4},
                      {"p)", 2},
                      {"#1", 2},
                      {"p:has(a:has(b))", 13},
                      {"!", 1},
                      {"p:nth-child(2n+)", 16}};
  for (const Row& row : rows) {
    const auto selector = Selector::compile(row.css);
    ASSERT_FALSE(selector) << row.css;
    EXPECT_EQ(selector.error().code(), "BAD_SELECTOR");
    EXPECT_EQ(*selector.error().ctx().find("position")->as_integer(), Integer(row.position))
        << row.css << ": " << selector.error().to_string();
  }
}

TEST(Selector, SizesAreBounded) {
  EXPECT_FALSE(Selector::compile(std::string(5000, 'a')));
  EXPECT_FALSE(Selector::compile(repeated("a ", 40)));
  EXPECT_TRUE(Selector::compile(repeated("a ", 32)));
  EXPECT_FALSE(Selector::compile("a" + repeated(".b", 300)));
  EXPECT_FALSE(Selector::compile(repeated(":not(", 1000)));
}

}  // namespace

}  // namespace gvm::html
