// When a page counts as settled, and what of it is text.
#include <string>

#include "browser/test_drivers.h"

namespace gvm::browser {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kShadow = R"(<!doctype html><p>before</p>
<div id=host><b slot=name>named</b>unnamed<i slot=none>lost</i></div>
<section><template shadowrootmode=open><p>declared <slot>fallback</slot></p></template></section>
<script>
const root = host.attachShadow({mode: 'open'});
root.innerHTML = '<style>.no{display:none}</style><p>[<slot name=name></slot>]</p><slot></slot>' +
  '<b class=no>no</b><span></span>';
const inner = root.querySelector('span').attachShadow({mode: 'open'});
inner.innerHTML = '<p>deep</p>';
</script><p>after</p>)";

Site site() {
  Site pages;
  pages["/shadow"] = page(std::string(kShadow));
  pages["/hang"] = {.behaviour = HttpServer::Behaviour::hang};
  pages["/image"] = page("<p>text<img src=/hang>");
  pages["/font"] =
      page("<style>@font-face{font-family:f;src:url(/hang)}p{font-family:f}</style><p>text");
  pages["/background"] = page("<style>p{background:url(/hang)}</style><p>text");
  pages["/frame"] = page("<p>text</p><iframe src=/hang></iframe>");
  pages["/style"] = page("<p>text</p><link rel=stylesheet href=/hang>");
  pages["/script"] = page("<p>text</p><script async src=/hang></script>");
  pages["/attributes"] = page(
      "<p id=p>shown</p><script>let n = 0; const t = setInterval(() => { p.dataset.n = ++n;"
      " if (n === 8) { p.textContent = 'arrived'; clearInterval(t); } }, 60)</script>");
  pages["/shadow-late"] = page(
      "<p id=p></p><div id=d></div><script>const r = d.attachShadow({mode:'open'}); let n = 0;"
      "const t = setInterval(() => { r.innerHTML = '<b>' + ++n + '</b>';"
      " if (n === 8) clearInterval(t); }, 60)</script>");
  pages["/ticking"] = page("<p id=p>0</p><script>setInterval(() => p.textContent++, 20)</script>");
  pages["/frameset"] = page("<frameset cols='*,*'><frame src=/a><frame src=/b></frameset>");
  pages["/deep"] = page(
      "<div id=d></div><script>let at = d; for (let i = 0; i < 2000; ++i) {"
      " const e = document.createElement('b'); at.append(e); at = e; }"
      " at.append('bottom')</script>");
  pages["/unlabelled"] = page("<p>Pr\xC3\xB6\xC3\x9F\x65 \xE6\xBC\xA2</p>", "text/html");
  pages["/table"] = page(
      "<table><tr><td>3<td><td>4<tr><td>x<td><td></table><pre> a\n   b</pre>"
      "<ul><li>one<li>two</ul><details><summary>sum</summary>closed</details>");
  pages["/data"] = page(R"({"v":42})", "application/json");
  pages["/data-late"] = page(R"({"v":42})", "application/json");
  pages["/data-late"].delay = milliseconds(900);
  pages["/code-late"] = page("p.textContent = 'code 42'", "text/javascript");
  pages["/code-late"].delay = milliseconds(900);
  pages["/style-late"] = page("#p{display:none}", "text/css");
  pages["/style-late"].delay = milliseconds(900);
  pages["/second"] = page("<p>second");
  pages["/second-late"] = page("<p>second, late");
  pages["/second-late"].delay = milliseconds(700);
  return pages;
}

struct Settle : testing::Test {
  Settle() { open(); }
  void open() {
    WebDriver at(loop.http, driver.endpoint());
    auto made = loop.run(at.new_session(watching_session_request(), Deadline::in(kPatience)));
    if (!made) throw std::runtime_error(made.error().to_string());
    made->logs_network = true;
    session.emplace(loop.http, std::move(*made));
  }
  Result<RenderResult> of(RenderRequest request, RenderLimits limits = {}) {
    request.url = server.url(request.url);
    auto rendered =
        loop.run(render(*session, std::move(request), limits, before, Deadline::in(2 * kPatience)));
    before = PageBefore::some;
    return std::move(rendered.result);
  }
  std::string text(std::string path, RenderLimits limits = {}) {
    auto result = of({.url = std::move(path), .quiet_dom = milliseconds(300)}, limits);
    return result ? result->content : "error: " + result.error().to_string();
  }
  // Of a page with this HTML.
  std::string text_of_page(std::string html, RenderLimits limits = {}) {
    server_page = "<!doctype html>" + std::move(html);
    return text("/given", limits);
  }
  // Of an element with this style, and of the page's sheet, between two letters.
  std::string styled(const std::string& style, const std::string& sheet = {},
                     html::Invisible invisible = html::Invisible::left_out) {
    server_page = "<!doctype html><style>" + sheet + "</style>a<div class=x style=\"" + style +
                  "\">text</div>b";
    auto result = of({.url = "/given", .invisible = invisible});
    return result ? result->content : "error: " + result.error().to_string();
  }

  std::string server_page;
  HttpServer server{[this, serve = serving(site())](const HttpServer::Request& request) {
    return request.target == "/given" ? page(server_page) : serve(request);
  }};
  Loop loop;
  DriverProcess driver;
  std::optional<DriverSession> session;
  PageBefore before = PageBefore::none;
};

TEST_F(Settle, OpenShadowTreesAreTextInTheirPlace) {
  EXPECT_EQ(text("/shadow"), "before\n\n[named]\n\nunnamed\n\ndeep\n\ndeclared fallback\n\nafter");
}

TEST_F(Settle, OpenShadowTreesAreTemplatesInHtml) {
  auto result = of({.url = "/shadow", .mode = RenderMode::html});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_THAT(result->content, HasSubstr("<template shadowrootmode=\"open\"><p>declared <slot>"));
  EXPECT_THAT(result->content, HasSubstr("<template shadowrootmode=\"open\"><p>deep</p>"));
  EXPECT_TRUE(result->content.starts_with("<!DOCTYPE html>\n<html><head>"));
  EXPECT_TRUE(result->content.ends_with("</html>"));
}

TEST_F(Settle, ASelectorMatchesInOpenShadowTrees) {
  auto result = of({.url = "/shadow", .wait_for_selector = "span"}, {.waiting = milliseconds(500)});
  EXPECT_TRUE(result) << result.error().to_string();
}

// Each is answered long after the page has been quiet for as long as it must be.
TEST_F(Settle, DataAndCodeOnTheirWayAreWaitedFor) {
  const auto page_with = [&](const std::string& script) {
    return text_of_page("<p id=p>Loading...</p><script>const show = (v) => p.textContent = v;" +
                        script + "</script>");
  };
  const std::string fetch = "fetch('/data-late').then((r) => r.json()).then((j) => show(j.v))";
  EXPECT_EQ(page_with(fetch), "42");
  EXPECT_EQ(page_with("setTimeout(() => " + fetch + ", 100)"), "42");
  EXPECT_EQ(page_with("fetch('/data').then(() => " + fetch + ")"), "42");
  EXPECT_EQ(page_with("fetch('/data-late').then(() => " + fetch + ")"), "42")
      << "one after another";
  EXPECT_EQ(page_with("const x = new XMLHttpRequest(); x.open('GET', '/data-late');"
                      "x.onload = () => show(JSON.parse(x.response).v); x.send()"),
            "42");
  EXPECT_EQ(page_with("import('/code-late')"), "code 42");
  EXPECT_EQ(page_with("setTimeout(() => { const s = document.createElement('script');"
                      "s.src = '/code-late'; document.head.append(s) }, 150)"),
            "code 42");
  EXPECT_EQ(page_with("setTimeout(() => { const s = document.createElement('link');"
                      "s.rel = 'stylesheet'; s.href = '/style-late'; document.head.append(s) },"
                      "150)"),
            "");
}

TEST_F(Settle, AnAnswerThatNeverComesHoldsAPageForALimitedTime) {
  const auto begin = Clock::now();
  EXPECT_EQ(
      text_of_page("<p>text<script>fetch('/hang')</script>", {.resources = milliseconds(700)}),
      "text");
  EXPECT_GE(Clock::now() - begin, milliseconds(600));
}

TEST_F(Settle, APageThatLeavesForAnotherIsTheOther) {
  const auto leaving = [&](const std::string& script) {
    return text_of_page(
        "<p>first<form id=f action=/second></form><a id=a href=/second></a>"
        "<script>" +
        script + "</script>");
  };
  EXPECT_EQ(leaving("setTimeout(() => location = '/second', 100)"), "second");
  EXPECT_EQ(leaving("setTimeout(() => location.replace('/second'), 250)"), "second");
  EXPECT_EQ(leaving("setTimeout(() => f.submit(), 100)"), "second");
  EXPECT_EQ(leaving("setTimeout(() => a.click(), 100)"), "second");
  EXPECT_EQ(leaving("setTimeout(() => location = '/second-late', 100)"), "second, late");
  EXPECT_EQ(leaving("onbeforeunload = (e) => { e.preventDefault(); return 'x' };"
                    "setTimeout(() => location = '/second', 100)"),
            "second");
  EXPECT_EQ(leaving("fetch('/data-late').then(() => location = '/second')"), "second");
  EXPECT_EQ(leaving("if (sessionStorage.seen) document.body.append('again');"
                    "else { sessionStorage.seen = 1; setTimeout(() => location.reload(), 100) }"),
            "first\n\nagain");
  EXPECT_THAT(leaving("setTimeout(() => location = '/missing', 100)"), HasSubstr("status is 404"));
}

TEST_F(Settle, APageThatLoadsItselfForEverIsReadAsItIsOrFails) {
  const std::string html = "<p>ever<script>setTimeout(() => location.reload(), 60)</script>";
  const auto begin = Clock::now();
  EXPECT_EQ(text_of_page(html, {.waiting = milliseconds(700)}), "ever");
  auto failed = of({.url = "/given", .quiet_dom = milliseconds(300), .unsettled = Unsettled::fail},
                   {.waiting = milliseconds(700)});
  ASSERT_FALSE(failed);
  EXPECT_EQ(text_of(failed.error(), "reason"), "unsettled");
  EXPECT_LT(Clock::now() - begin, kPatience);
  EXPECT_EQ(text("/second"), "second") << "the session is of use";
}

TEST_F(Settle, WhatIsNoCodeDoesNotHoldAPage) {
  const RenderLimits limits{.resources = milliseconds(400)};
  for (const auto* path : {"/image", "/font", "/background", "/frame"})
    EXPECT_EQ(text(path, limits), "text") << path;
  auto picture = of({.url = "/image", .mode = RenderMode::screenshot}, limits);
  EXPECT_TRUE(picture) << picture.error().to_string();
}

TEST_F(Settle, CodeThatDoesNotComeIsAFailedLoad) {
  const RenderLimits limits{.navigation = milliseconds(900), .resources = milliseconds(100)};
  for (const auto* path : {"/style", "/script"})
    EXPECT_THAT(text(path, limits), HasSubstr("did not finish loading")) << path;
}

TEST_F(Settle, AttributesAndShadowTreesCountAsChanges) {
  EXPECT_EQ(text("/attributes"), "arrived");
  EXPECT_EQ(text("/shadow-late"), "8");
}

TEST_F(Settle, APageThatNeverRestsIsMarkedOrFails) {
  const RenderLimits limits{.waiting = milliseconds(400)};
  auto answered = of({.url = "/ticking", .quiet_dom = milliseconds(200)}, limits);
  ASSERT_TRUE(answered) << answered.error().to_string();
  EXPECT_TRUE(answered->unsettled);
  auto failed =
      of({.url = "/ticking", .quiet_dom = milliseconds(200), .unsettled = Unsettled::fail}, limits);
  ASSERT_FALSE(failed);
  EXPECT_EQ(text_of(failed.error(), "reason"), "unsettled");
  EXPECT_FALSE(failed.error().fatal());
}

TEST_F(Settle, APageThatNothingCanChangeIsNotWaitedFor) {
  auto result = of({.url = "/table", .quiet_dom = milliseconds(20'000)});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_FALSE(result->unsettled);
  EXPECT_EQ(result->content, "3\t\t4\nx\t\t\n a\n   b\none\ntwo\nsum");
}

TEST_F(Settle, AFramesetIsAnErrorThatNamesItsFrames) {
  auto result = of({.url = "/frameset"});
  ASSERT_FALSE(result);
  EXPECT_EQ(text_of(result.error(), "reason"), "frameset");
  EXPECT_EQ(number_of(result.error(), "status"), 200);
  EXPECT_THAT(result.error().to_string(), HasSubstr(server.url("/a") + " " + server.url("/b")));
}

TEST_F(Settle, ATreeDeeperThanAStackIsRead) {
  EXPECT_EQ(text("/deep"), "bottom");
}

TEST_F(Settle, Utf8WithoutALabelIsReadAsSuch) {
  EXPECT_EQ(text("/unlabelled"), "Pr\xC3\xB6\xC3\x9F\x65 \xE6\xBC\xA2");
}

TEST_F(Settle, WhatIsNotVisibleIsNoTextUnlessAskedFor) {
  for (const auto* style : {"display:none",
                            "visibility:hidden",
                            "opacity:0",
                            "opacity:.01",
                            "font-size:0",
                            "font-size:1px",
                            "position:absolute;left:-9999px",
                            "position:absolute;top:-999px",
                            "text-indent:-9999px",
                            "position:absolute;clip:rect(0,0,0,0)",
                            "clip-path:inset(50%)",
                            "clip-path:circle(0)",
                            "overflow:hidden;height:0",
                            "color:white",
                            "color:#fdfdfd",
                            "color:transparent",
                            "transform:scale(0)",
                            "filter:opacity(0)",
                            "content-visibility:hidden",
                            "color:#123456;background:#123457",
                            "color:oklch(1 0 0)",
                            "color:color(srgb 1 1 1)",
                            "color:lab(100 0 0)",
                            "color:color-mix(in oklab, white 99%, red)",
                            "color:black;background:color(srgb 0 0 0)",
                            "color:rgba(255,255,255,.99)",
                            "color:rgba(0,0,0,.03)",
                            "color:#000;background:rgba(0,0,0,.97)",
                            "color:white;-webkit-text-stroke:1px white",
                            "color:white;text-shadow:1px 1px 1px white",
                            "color:white;text-shadow:0 0 black",
                            "clip-path:polygon(0 0,0 0,0 0)",
                            "clip-path:polygon(0 0,100% 100%,0 0)",
                            "clip-path:polygon(200% 0,300% 0,300% 100%)",
                            "clip-path:ellipse(0 0)",
                            "clip-path:ellipse(50% 0 at 50% 50%)",
                            "clip-path:inset(0 100% 0 0)",
                            "clip-path:inset(500px)",
                            "clip-path:inset(calc(50% + 1px) 0)",
                            "clip-path:path('M0 0')",
                            "color:white;box-shadow:inset 0 0 0 2px black;padding:20px",
                            "color:white;border:2px solid black;padding:20px"}) {
    const bool takes_place = std::string_view(style).find("none") == std::string_view::npos &&
                             std::string_view(style).find("absolute") == std::string_view::npos;
    EXPECT_EQ(styled(style), takes_place ? "a\nb" : "ab") << style;
    EXPECT_EQ(styled(style, "", html::Invisible::included), "a\ntext\nb") << style;
  }
  EXPECT_EQ(styled("", ".x{display:none}"), "ab");
  EXPECT_EQ(styled("", "body{background:#222;color:#eee}.x{color:#222}"), "a\nb");
  EXPECT_EQ(styled("", ".x{position:fixed;left:100vw}html{overflow-x:hidden}"), "ab");
  EXPECT_EQ(styled("", ".x{height:5px;overflow:hidden;padding-top:50px;box-sizing:border-box}"),
            "a\nb");
}

TEST_F(Settle, WhatIsVisibleIsText) {
  for (const auto* style :
       {"opacity:.5",
        "position:absolute;left:50px",
        "color:white;background:black",
        "color:white;background:url(/x.png)",
        "color:white;text-shadow:0 0 2px black",
        "color:transparent;background:linear-gradient(red,blue);-webkit-background-clip:text",
        "overflow:hidden",
        "height:0",
        "clip-path:inset(5%)",
        "width:80px;transform:rotate(5deg)",
        "display:contents",
        "color:lab(50% 10 10)",
        "color:#00e;background:#0c582c",
        "filter:invert(1);color:white",
        "mix-blend-mode:difference;color:white",
        "margin-top:9000px;content-visibility:auto",
        "display:contents;background:#000;color:#000",
        "color:oklch(0 0 0)",
        "color:rgba(0,0,0,.5)",
        "color:white;-webkit-text-stroke:1px black",
        "color:white;text-shadow:1px 1px black",
        "color:white;text-shadow:0 0 2px oklch(0 0 0)",
        "clip-path:polygon(0 0,100% 0,100% 100%,0 100%)",
        "clip-path:circle(90%)",
        "clip-path:inset(0 10% 0 0)",
        "clip-path:path('M0 0H900V90H0Z')",
        "color:white;box-shadow:inset 0 0 0 99px black",
        "color:white;background:rgba(0,0,0,.8)",
        "color:white;border-left:200px solid black;text-indent:-190px",
        "color:white;outline:30px solid black;outline-offset:-30px"})
    EXPECT_THAT(styled(style), testing::AnyOf("a\ntext\nb", "atextb")) << style;
  EXPECT_EQ(styled("color:white;position:relative",
                   ".x::before{content:'';position:absolute;inset:0;background:#000;z-index:-1}"),
            "a\ntext\nb");
  EXPECT_EQ(
      styled("position:absolute;color:white;left:0;top:0",
             "body::before{content:'';display:block;width:900px;height:300px;background:#000}"),
      "a\ntext\nb")
      << "white on a dark box";
  EXPECT_EQ(styled("height:5px;color:#123456;background:#123456"), "a\ntext\nb")
      << "below the box that has its colour";
  EXPECT_EQ(styled("color:white",
                   "body::after{content:'';display:block;width:20px;height:20px;"
                   "position:absolute;left:0;top:0;box-shadow:0 0 0 400px black}"),
            "a\ntext\nb")
      << "on the shadow of another";
  for (const std::string unseen : {"visibility:hidden", "opacity:0", "opacity:.02", "display:none"})
    EXPECT_EQ(styled("color:white",
                     "body::after{content:'';width:90px;height:90px;position:absolute;"
                     "left:0;top:0;background:black;" +
                         unseen + "}"),
              "a\nb")
        << "on what is not seen itself: " << unseen;
  for (const std::string unseen : {"visibility:hidden", "opacity:.02", "clip-path:inset(50%)"})
    EXPECT_EQ(text_of_page("a<div style='color:white'>text</div>b<div style='" + unseen +
                           "'><svg width=90 height=90 style='position:absolute;left:0;top:0'>"
                           "<rect width=90 height=90 /></svg></div>"),
              "a\nb")
        << "on what stands in what is not seen: " << unseen;
  EXPECT_EQ(styled("", "body{overflow:hidden;height:100vh}.x{margin-top:3000px}"), "a\ntext\nb")
      << "an overlay that locks scrolling";
}

TEST_F(Settle, ManyBoxesDoNotMakeUnseenTextSeen) {
  std::string boxes;
  for (int i = 0; i < 4'000; ++i)
    boxes += "<p style='border:2px solid red;box-shadow:1px 1px red'>text</p>";
  EXPECT_EQ(text_of_page("seen<div style='color:white'>" + boxes + "</div>"), "seen");
}

TEST_F(Settle, TextOfPicturesHasTheColoursOfTheirShapes) {
  const auto drawn = [&](const std::string& shapes, const std::string& around = {}) {
    return text_of_page("<div style='" + around + "'><svg width=300 height=40>" + shapes +
                        "</svg>");
  };
  EXPECT_EQ(drawn("<text y=20>text</text>"), "text");
  EXPECT_EQ(drawn("<text y=20 fill=black>text</text>", "color:transparent"), "text");
  EXPECT_EQ(drawn("<text y=20 fill=black><tspan>text</tspan></text>", "color:white"), "text");
  EXPECT_EQ(drawn("<text y=20 fill=none stroke=black>text</text>"), "text");
  EXPECT_EQ(drawn("<rect width=300 height=40 /><text y=20 fill=white>text</text>"), "text");
  EXPECT_EQ(drawn("<text y=20 fill='url(#gradient)'>text</text>"), "text");
  EXPECT_EQ(drawn("<text y=20 fill=none>text</text>"), "");
  EXPECT_EQ(drawn("<text y=20 fill=white>text</text>"), "");
  EXPECT_EQ(drawn("<text y=20 fill=white stroke=white>text</text>"), "");
  EXPECT_EQ(drawn("<text y=20 fill-opacity=0>text</text>"), "");
  EXPECT_EQ(drawn("<rect width=300 height=40 fill-opacity=0 /><text y=20 fill=white>text</text>"),
            "");
  EXPECT_EQ(drawn("<rect width=300 height=40 fill=white /><text y=20 fill=white>text</text>"), "");
}

TEST_F(Settle, ChoicesAndMarqueesAreSeenWhenTheirBoxIs) {
  for (const std::string name : {"select", "marquee"}) {
    const auto with = [&](const std::string& style) {
      return text_of_page("<p>a</p><" + name + " style='" + style + "'>" +
                          (name == "select" ? "<option>text" : "text") + "</" + name + "><p>b");
    };
    EXPECT_THAT(with(""), HasSubstr("text")) << name;
    EXPECT_THAT(with("margin-top:3000px;color:red"), HasSubstr("text")) << name;
    for (const auto* style :
         {"position:absolute;left:-9999px;width:90px", "visibility:hidden", "font-size:0",
          "width:0;border:0;padding:0", "opacity:0", "clip-path:circle(0)",
          "color:white;background:white;border:0;appearance:none"})
      EXPECT_THAT(with(style), Not(HasSubstr("text"))) << name << " " << style;
  }
}

// Elements of a form hide the form's properties by their names, images and forms the document's.
TEST_F(Settle, NamesInAPageHideNoText) {
  for (const std::string name :
       {"nodeType", "shadowRoot", "nextSibling", "firstChild", "childNodes", "parentNode",
        "tagName", "attributes", "getAttribute", "style", "textContent", "assignedNodes",
        "localName", "namespaceURI", "children", "contains", "getBoundingClientRect",
        "getAttributeNames"}) {
    EXPECT_EQ(text_of_page("<form><input name=" + name + ">form text<p>inner</p></form><p>after"),
              "form text\n\ninner\n\nafter")
        << name;
  }
  for (const std::string name :
       {"body", "documentElement", "doctype", "contentType", "characterSet", "readyState", "fonts",
        "createTreeWalker", "createRange", "querySelector", "querySelectorAll", "getAnimations",
        "adoptedStyleSheets", "scrollingElement", "createElement"}) {
    const std::string html = "<img name=" + name + "><form name=" + name + "></form><p>text";
    EXPECT_EQ(text_of_page(html), "text") << name;
    auto whole = of({.url = "/given", .mode = RenderMode::html, .quiet_dom = milliseconds(100)});
    ASSERT_TRUE(whole) << name << " " << whole.error().to_string();
    EXPECT_TRUE(whole->content.starts_with("<!DOCTYPE html>\n<html><head></head><body>")) << name;
    EXPECT_THAT(whole->content, HasSubstr("<p>text")) << name;
    auto picture = of({.url = "/given", .mode = RenderMode::screenshot});
    EXPECT_TRUE(picture) << name << " " << picture.error().to_string();
  }
}

TEST_F(Settle, APageWithoutElementsIsEmpty) {
  for (const std::string html :
       {"<p>text<script>document.documentElement.remove()</script>",
        "<p>text<script>setTimeout(() => document.documentElement.remove(), 50)</script>",
        "<p>text<script>document.body.remove()</script>"}) {
    EXPECT_EQ(text_of_page(html), "") << html;
    auto whole = of({.url = "/given", .mode = RenderMode::html, .quiet_dom = milliseconds(300)});
    ASSERT_TRUE(whole) << whole.error().to_string();
    EXPECT_THAT(whole->content, Not(HasSubstr("text"))) << html;
  }
}

}  // namespace
}  // namespace gvm::browser
