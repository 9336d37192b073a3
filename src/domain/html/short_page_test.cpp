// The fact of a short page is not lost beside a longer notice, nor a table beside a sentence.
#include <gtest/gtest.h>

#include "html/page.h"
#include "html/test_documents.h"

namespace gvm::html {
namespace {

std::string main_of(std::string_view html) {
  return main_text(*parsed(html));
}
std::string markdown_of(std::string_view html) {
  const auto text = main_markdown(*parsed(html), nullptr);
  return text ? *text : text.error().to_string();
}

constexpr std::string_view kNotice =
    "<p>Gambling can be addictive. Please play responsibly. 18+ only. Terms and conditions apply "
    "to all offers on this site, see the page for details, in every country but a few.</p>";

std::string with_notice(std::string_view fact, std::string_view open, std::string_view close) {
  std::string html = "<body>";
  return html.append(fact).append(open).append(kNotice).append(close);
}

TEST(ShortPage, AFooterDoesNotWinOverTheFact) {
  for (const char* fact : {"<div id=score><b>Ajax 3 - 1 PSV</b></div>", "<p>Ajax 3 - 1 PSV</p>",
                           "<h1>Ajax 3 - 1 PSV</h1>", "<table><tr><td>Ajax 3 - 1 PSV</table>",
                           "<span>Ajax 3 - 1 PSV</span>", "<ul><li>Ajax 3 - 1 PSV</ul>"}) {
    EXPECT_EQ(main_of(with_notice(fact, "<footer>", "</footer>")), "Ajax 3 - 1 PSV") << fact;
    EXPECT_EQ(main_of(with_notice(fact, "<div class=site-footer>", "</div>")), "Ajax 3 - 1 PSV");
    EXPECT_EQ(main_of(with_notice(fact, "<div role=contentinfo>", "</div>")), "Ajax 3 - 1 PSV");
  }
}

TEST(ShortPage, ANoticeAboveDoesNotWinEither) {
  const std::string banner =
      with_notice("<nav><a href=/>Home</a></nav>", "<div class=cookie-banner>",
                  "<button>Accept</button></div>");
  EXPECT_EQ(main_of(banner + "<h1>Result</h1><p>The answer is 42.</p>"),
            "Result\n\nThe answer is 42.");
  EXPECT_EQ(markdown_of(banner + "<h1>Result</h1><p>The answer is 42.</p>"),
            "# Result\n\nThe answer is 42.");
}

TEST(ShortPage, InOtherScripts) {
  EXPECT_EQ(
      main_of(
          "<body><div class=kekka><b>試合終了</b> 浦和 2-1 鹿島</div><div class=footer><p>"
          "本サイトに掲載されている記事、写真等の無断転載を禁じます。著作権は当社または情報提供者に"
          "帰属します。お問い合わせはこちらからお願いします。</p></div>"),
      "試合終了 浦和 2-1 鹿島");
  EXPECT_EQ(main_of("<body><p>النتيجة 2-1</p><footer><p>جميع الحقوق محفوظة للموقع، ولا يجوز نسخ "
                    "المحتوى أو إعادة نشره دون إذن مكتوب من الإدارة، شكرا لكم.</p></footer>"),
            "النتيجة 2-1");
}

TEST(ShortPage, WhatIsNotCertainIsKept) {
  const std::string text = main_of(
      "<body><header><h1>Kettle</h1></header><div class=product><span class=price>$42.50</span>"
      "</div><div class=reviews><p>A wonderful kettle that I have used for years, every day, "
      "without any problem.</p></div><footer>Shop Ltd</footer>");
  EXPECT_EQ(text,
            "Kettle\n\n$42.50\n\nA wonderful kettle that I have used for years, every day, without "
            "any problem.");
}

TEST(ShortPage, APageOfNothingElseIsItsNotice) {
  EXPECT_NE(main_of(with_notice("", "<footer>", "</footer>")).find("Gambling"), std::string::npos);
  EXPECT_NE(main_of(with_notice("<h2>Site</h2>", "<div class=footer><article>", "</article></div>"))
                .find("Gambling"),
            std::string::npos);
}

std::string standings(std::size_t teams, std::string_view cell) {
  std::string html = "<table><tr><th>Team<th>Pts";
  for (std::size_t i = 0; i < teams; ++i) {
    html += "<tr><td><a href=/t" + std::to_string(i) + ">Team number " + std::to_string(i) +
            "</a><td>" + std::to_string(90 - i);
    html += cell;
  }
  return html + "</table>";
}

TEST(DataTables, OfLinkedNamesAreKept) {
  const std::string sentence =
      "<p>Updated today by the league office after the final whistle of the last match, at home.";
  for (const std::size_t teams : {3U, 15U, 60U}) {
    const std::string page =
        "<body><h1>League</h1><div>" + standings(teams, "") + "</div><div>" + sentence + "</div>";
    const std::string last = "Team number " + std::to_string(teams - 1);
    EXPECT_NE(markdown_of(page).find(last + " | " + std::to_string(91 - teams)), std::string::npos)
        << teams;
    EXPECT_NE(main_of(page).find(last + "\t"), std::string::npos) << teams;
    EXPECT_NE(main_of(page).find("Updated today"), std::string::npos) << teams;
  }
}

TEST(DataTables, ATableOfLinksAloneIsNone) {
  std::string links = "<table>";
  for (int i = 0; i < 40; ++i)
    links += "<tr><td><a href=/x>Another page of ours</a><td><a href=/y>And one more page</a>";
  std::string article = "<body><article>";
  for (int i = 0; i < 6; ++i)
    article += "<p>Sentence number " + std::to_string(i) +
               " of a text, which is long enough to "
               "be a paragraph of its own, and which tells of what happened on that day.";
  EXPECT_EQ(main_of(article + links + "</table></article>").find("Another page"),
            std::string::npos);
}

}  // namespace
}  // namespace gvm::html
