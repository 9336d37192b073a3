// Declarative shadow trees are read as they are shown.
#include <gtest/gtest.h>

#include "html/extract.h"
#include "html/page.h"
#include "html/serialize.h"
#include "html/test_documents.h"

namespace gvm::html {
namespace {

// A custom element with this shadow tree and these children.
std::string shown(std::string_view shadow, std::string_view children,
                  std::string_view mode = "open") {
  std::string html = "<x-card><template shadowrootmode=";
  html.append(mode).append(">").append(shadow).append("</template>").append(children);
  return text_of(html + "</x-card>");
}

TEST(ShadowTrees, StandInTheirHostWithWhatIsAssignedToTheirSlots) {
  EXPECT_EQ(shown("<p>SHADOW TEXT <slot></slot></p>", "light"), "SHADOW TEXT light");
}

TEST(ShadowTrees, OrderIsThatOfTheSlots) {
  EXPECT_EQ(shown("<slot name=score></slot>:<slot name=team></slot>;<slot></slot>",
                  "<b slot=team>Ajax</b>rest<i slot=score>3-1</i>"),
            "3-1:Ajax;rest");
}

TEST(ShadowTrees, ASlotWithoutContentShowsItsFallback) {
  EXPECT_EQ(shown("<slot name=price>no price</slot> <slot>none</slot>", "<b slot=price>5</b>"),
            "5 none");
  EXPECT_EQ(shown("<slot name=price>no price</slot>", ""), "no price");
}

TEST(ShadowTrees, TheFirstSlotOfANameCounts) {
  EXPECT_EQ(shown("<slot name=a>1</slot> <slot name=a>2</slot>", "<b slot=a>x</b>"), "x 2");
}

TEST(ShadowTrees, WhatNoSlotTakesIsNotShownButCanBeSelected) {
  const auto document =
      parsed("<x-a><template shadowrootmode=open>seen</template><p class=raw>data</p></x-a>");
  EXPECT_EQ(visible_text(*document, document->root()), "seen");
  const auto selector = Selector::compile("p.raw");
  ASSERT_TRUE(selector);
  const auto found = select(*document, document->root(), *selector, 1);
  ASSERT_TRUE(found && found->size() == 1);
  EXPECT_EQ(document->text_content(found->front()), "data");
}

TEST(ShadowTrees, NestPassingSlotsOn) {
  EXPECT_EQ(text_of("<x-out><template shadowrootmode=open>[<x-in><template shadowrootmode=open>"
                    "(<slot></slot>)</template><slot></slot></x-in>]</template>word</x-out>"),
            "[(word)]");
}

TEST(ShadowTrees, OfAClosedOneOnlyTheHostsOwnChildrenAreShown) {
  EXPECT_EQ(shown("<b>inside</b><slot></slot>", "light", "closed"), "light");
  EXPECT_EQ(shown("inside <slot name=a></slot>", "light<i slot=a>a</i>", "closed"), "a");
}

TEST(ShadowTrees, OnlyTheFirstOfAnElementThatMayHaveOneCounts) {
  EXPECT_EQ(text_of("<div><template shadowrootmode=OPEN>one</template>"
                    "<template shadowrootmode=open>two</template></div>"),
            "one");
  EXPECT_EQ(text_of("<ul><template shadowrootmode=open>no</template><li>yes</ul>"), "yes");
  EXPECT_EQ(text_of("<x-a><template shadowrootmode=on>no</template>yes</x-a>"), "yes");
  EXPECT_EQ(text_of("<font-face><template shadowrootmode=open>no</template>yes</font-face>"),
            "yes");
}

TEST(ShadowTrees, AreReadByEverythingThatReadsContent) {
  const auto document = parsed(
      "<body><x-page><template shadowrootmode=open><h1>Final</h1><p>The match ended "
      "<slot name=score></slot>, and that was the end of a long season for both of them.</p>"
      "</template><b slot=score>3-1</b></x-page>");
  EXPECT_NE(main_text(*document).find("ended 3-1, and"), std::string::npos);
  EXPECT_NE(main_markdown(*document)->find("ended **3-1**, and"), std::string::npos);
  const auto selector = Selector::compile("p b");
  const auto found = select(*document, document->root(), *selector, 1);
  ASSERT_TRUE(found && found->size() == 1);
  EXPECT_EQ(document->text_content(found->front()), "3-1");
}

TEST(ShadowTrees, StayTemplatesWhereTheHtmlIsWanted) {
  const auto document =
      Document::parse("<x-a><template shadowrootmode=open><slot></slot></template>light</x-a>",
                      nullptr, {}, nullptr, Shadows::as_written);
  ASSERT_TRUE(document);
  EXPECT_NE(to_html(**document, (*document)->root())
                ->find("<template shadowrootmode=\"open\"><slot></slot></template>light"),
            std::string::npos);
}

TEST(ShadowTrees, ManyOfThemCountAgainstTheLimits) {
  const std::string host = "<x-a><template shadowrootmode=open>s<slot></slot></template>l</x-a>";
  Limits limits;
  limits.nodes = 2000;
  EXPECT_TRUE(Document::parse(repeated(host, 100), nullptr, limits));
  EXPECT_FALSE(Document::parse(repeated(host, 2000), nullptr, limits));
}

}  // namespace
}  // namespace gvm::html
