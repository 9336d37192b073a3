// What an element's own style hides is left out, whatever way it is written.
#include "html/inline_style.h"

#include <gtest/gtest.h>

#include "html/css_declarations.h"
#include "html/page.h"
#include "html/test_documents.h"

namespace gvm::html {
namespace {

// What is read of a paragraph with this style, on a page without style sheets.
std::string shown(std::string_view style) {
  std::string html = "<p style=\"";
  html.append(style).append("\">text</p>");
  return page_visible_text(*parsed(html), Invisible::left_out);
}

TEST(InlineStyle, WhatCannotBeSeenIsLeftOut) {
  for (const char* style : {"color:transparent",
                            "color:#0000",
                            "color:#12345600",
                            "color:rgb(0 0 0 / 0%)",
                            "color:rgba(9,9,9,.01)",
                            "color:hsla(120,50%,50%,0)",
                            "opacity:0%",
                            "opacity:0.0",
                            "opacity:1e-3",
                            "font:0/0 a",
                            "font:italic bold 0px serif",
                            "font:700 0/1 a",
                            "font-size:0%",
                            "transform:scale(0)",
                            "transform:rotate(3deg) scaleX(0)",
                            "transform:scale3d(1,0,1)",
                            "scale:0",
                            "zoom:.01",
                            "transform:translateX(-9999px)",
                            "translate:0 -9999px",
                            "position:relative;left:-9999px",
                            "left:-9999px;position:fixed",
                            "inset:-9999px auto auto -9999px;position:absolute",
                            "position:absolute;right:9999px",
                            "margin:0 0 0 -9999px",
                            "color:hsl(0,0%,100%)",
                            "color:hsl(210deg 100% 100%)",
                            "color:rgb(100%,100%,100%)",
                            "content-visibility:hidden",
                            "filter:opacity(0)",
                            "filter:blur(1px) opacity(2%)",
                            "-webkit-text-fill-color:transparent"}) {
    EXPECT_EQ(shown(style), "") << style;
  }
}

TEST(InlineStyle, WhatIsSeenIsKept) {
  for (const char* style :
       {"color:#000f",
        "color:hsl(0,0%,40%)",
        "color:hsl(0 100% 50% / .5)",
        "opacity:6%",
        "font:12px/0 a",
        "font:700 1em a",
        "transform:scale(1.5)",
        "transform:translate(-50%)",
        "position:relative;left:-9px",
        "left:-9999px",
        "inset:0",
        "filter:opacity(90%)",
        "content-visibility:auto",
        "color:#12",
        "opacity:none",
        "color:#fff;text-shadow:0 0 2px #000",
        "color:transparent;-webkit-background-clip:text;background-image:linear-gradient(red,blue)",
        "color:transparent;color:black",
        "scale:1",
        "zoom:2",
        "translate:none"}) {
    EXPECT_EQ(shown(style), "text") << style;
  }
}

TEST(InlineStyle, FaintnessAndScaleOfTheElementsAroundMultiply) {
  EXPECT_EQ(text_of("<div style=opacity:.2>a<b style=opacity:.2>b</b></div>"), "a");
  EXPECT_EQ(text_of("<div style=zoom:.2>a<b style=transform:scale(.3)>b</b></div>"), "a");
}

TEST(InlineStyle, ASeenTextInsideOfATransparentOneIsKept) {
  EXPECT_EQ(text_of("<p style=color:transparent>a<b style=color:red>b</b> <a href=/>c</a></p>"),
            "b c");
}

TEST(CssDeclarations, CommentsAndEscapesHideNothing) {
  for (const char* style :
       {"/*c*/display:none", "display:\\6eone", "display:n\\6f ne", "DISPLAY : None",
        "d\\69splay:none", "display:/*;*/none/*x*/", "display:none!important;display:block",
        "display:none ! IMPORTANT", "background:url(a;b);display:none", "--x:{a;b};display:none",
        "content:';display:block';display:none", ";;:;display:none",
        "\\64\\69\\73play:\\00006e one", "display:none;/*display:block"}) {
    EXPECT_EQ(shown(style), "") << style;
  }
}

TEST(CssDeclarations, WhatOnlyLooksLikeADeclarationIsNone) {
  for (const char* style :
       {"/*display:none*/", "content:'display:none'", "background:url(display:none)",
        "x(;display:none)", "dis/**/play:none", "display:no/**/ne", "display:none!",
        "color:red;/*;display:none;", "display\\:none", "display:'none'"}) {
    EXPECT_EQ(shown(style), "text") << style;
  }
}

TEST(CssDeclarations, ImportantOnesComeLast) {
  const auto found = read_declarations("a:1!important;b:2;a:3;c:\\");
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].property + found[0].value, "b2");
  EXPECT_EQ(found[3].property + found[3].value, "a1");
}

TEST(CssDeclarations, BrokenOnesEnd) {
  for (const char* style : {"a:\"", "a:url(", "a:url('", "a:(((", "a:\\", "\\", "a:'\\", "/*", ":"})
    EXPECT_LE(read_declarations(style).size(), 1U) << style;
}

}  // namespace
}  // namespace gvm::html
