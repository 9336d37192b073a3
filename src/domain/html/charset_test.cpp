#include "html/charset.h"

#include <gtest/gtest.h>

namespace gvm::html {

namespace {

TEST(Charset, LabelsOfTheStandard) {
  struct Row {
    std::string_view label;
    std::string_view name;
  };
  const Row rows[] = {{"utf8", "UTF-8"},          {" UTF-8\n", "UTF-8"},
                      {"latin1", "windows-1252"}, {"ISO-8859-1", "windows-1252"},
                      {"ascii", "windows-1252"},  {"sjis", "Shift_JIS"},
                      {"x-sjis", "Shift_JIS"},    {"gb2312", "GBK"},
                      {"big5-hkscs", "Big5"},     {"ks_c_5601-1987", "EUC-KR"},
                      {"cp1251", "windows-1251"}, {"koi", "KOI8-R"},
                      {"l9", "ISO-8859-15"},      {"iso-8859-9", "windows-1254"},
                      {"tis-620", "windows-874"}, {"unicode", "UTF-16LE"},
                      {"utf-16", "UTF-16LE"},     {"iso-2022-kr", "replacement"},
                      {"visual", "ISO-8859-8"},   {"logical", "ISO-8859-8-I"}};
  for (const Row& row : rows) {
    const auto encoding = encoding_of(row.label);
    ASSERT_TRUE(encoding) << row.label;
    EXPECT_EQ(encoding->name, row.name) << row.label;
  }
  EXPECT_FALSE(encoding_of("utf-7"));
  EXPECT_FALSE(encoding_of(""));
}

TEST(Charset, EveryEncodingDecodes) {
  struct Row {
    std::string_view label;
    std::string_view bytes;
    std::string_view text;
  };
  const Row rows[] = {{"utf-8", "\xC3\xA9", "é"},
                      {"ibm866", "\x8F\xE0\xA8", "При"},
                      {"iso-8859-2", "\xB1\xF3", "ąó"},
                      {"iso-8859-3", "\xA6", "Ĥ"},
                      {"iso-8859-4", "\xA2", "ĸ"},
                      {"iso-8859-5", "\xBF\xE0", "Пр"},
                      {"iso-8859-6", "\xC7", "ا"},
                      {"iso-8859-7", "\xE1", "α"},
                      {"iso-8859-8", "\xE0", "א"},
                      {"iso-8859-8-i", "\xE0", "א"},
                      {"iso-8859-10", "\xA2", "Ē"},
                      {"iso-8859-13", "\xE0", "ą"},
                      {"iso-8859-14", "\xA1", "Ḃ"},
                      {"iso-8859-15", "\xA4", "€"},
                      {"iso-8859-16", "\xA4\xAA\xFF", "€Șÿ"},
                      {"koi8-r", "\xF0\xD2", "Пр"},
                      {"koi8-u", "\xA4", "є"},
                      {"macintosh", "\x8E", "é"},
                      {"windows-874", "\xA1", "ก"},
                      {"windows-1250", "\xB9", "ą"},
                      {"windows-1251", "\xCF\xF0", "Пр"},
                      {"windows-1252", "\x80\x81\xE9", "€\xC2\x81é"},
                      {"windows-1253", "\xE1", "α"},
                      {"windows-1254", "\xFD", "ı"},
                      {"windows-1255", "\xE0", "א"},
                      {"windows-1256", "\xC7", "ا"},
                      {"windows-1257", "\xE0", "ą"},
                      {"windows-1258", "\xFE", "₫"},
                      {"x-mac-cyrillic", "\x80", "А"},
                      {"gbk", "\xC4\xE3", "你"},
                      {"gb18030", "\x81\x30\x84\x36", "¥"},
                      {"big5", "\xA7\x41", "你"},
                      {"euc-jp", "\xA4\xA2", "あ"},
                      {"iso-2022-jp", "\x1B$B$\"\x1B(B", "あ"},
                      {"shift_jis", "\x82\xA0\x87\x40", "あ①"},
                      {"euc-kr", "\xB0\xA1", "가"},
                      {"utf-16be", std::string_view("\x00\xE9\xD8\x3D\xDE\x00", 6), "é😀"},
                      {"utf-16le", std::string_view("\xE9\x00\x3D\xD8\x00\xDE", 6), "é😀"},
                      {"x-user-defined", "a\x80", "a\xEF\x9E\x80"},
                      {"hz-gb-2312", "anything", "\xEF\xBF\xBD"}};
  for (const Row& row : rows) EXPECT_EQ(decode(row.bytes, row.label).utf8, row.text) << row.label;
}

TEST(Charset, WhatMeansNothingBecomesTheReplacementCharacter) {
  EXPECT_EQ(decode("a\xFF", "utf-8").utf8, "a\xEF\xBF\xBD");
  EXPECT_EQ(decode("a\xC3", "utf-8").utf8, "a\xEF\xBF\xBD");
  EXPECT_EQ(decode("\x82", "shift_jis").utf8, "\xEF\xBF\xBD");
  EXPECT_EQ(decode(std::string_view("\x00\xD8", 2), "utf-16le").utf8, "\xEF\xBF\xBD");
  EXPECT_EQ(decode(std::string_view("\x00", 1), "utf-16le").utf8, "\xEF\xBF\xBD");
}

TEST(Charset, IsChosenInTheOrderOfTheStandard) {
  // A byte order mark is preferred to the transport, the transport to <meta>, <meta> to the bytes.
  EXPECT_EQ(decode("\xEF\xBB\xBFx", "latin1").charset, "UTF-8");
  EXPECT_EQ(decode("\xEF\xBB\xBFx", "latin1").utf8, "x");
  EXPECT_EQ(decode("\xFF\xFEx\x01", "utf-8").charset, "UTF-16LE");
  EXPECT_EQ(decode("<meta charset=koi8-r>", "cp1251").charset, "windows-1251");
  EXPECT_EQ(decode("<meta charset=koi8-r>", "no such").charset, "KOI8-R");
  EXPECT_EQ(decode("<p>\xC3\xA9").charset, "UTF-8");
  EXPECT_EQ(decode("<p>\xE9").charset, "windows-1252");
  EXPECT_EQ(decode("<p>\xE9").utf8, "<p>é");
}

std::string meta(std::string_view html) {
  const auto encoding = prescan_meta(html);
  return encoding ? std::string(encoding->name) : "";
}

TEST(Charset, PrescanFollowsTheStandard) {
  EXPECT_EQ(meta("<meta charset=\"koi8-r\">"), "KOI8-R");
  EXPECT_EQ(meta("<META CHARSET = 'KOI8-R' >"), "KOI8-R");
  EXPECT_EQ(meta("<meta/charset=koi8-r/>"), "");  // the slash belongs to the value
  EXPECT_EQ(meta("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>"), "KOI8-R");
  EXPECT_EQ(meta("<meta content='text/html; charset=\"koi8-r\"' http-equiv=content-type>"),
            "KOI8-R");
  EXPECT_EQ(meta("<meta content='text/html; charset=koi8-r'>"), "");  // no pragma
  EXPECT_EQ(meta("<meta name=x content='charset=koi8-r'><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("<!-- <meta charset=koi8-r> --><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("<!--><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("<a title='<meta charset=koi8-r>'><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("</a title='<meta charset=koi8-r>'><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("<?xml <meta charset=koi8-r> ?><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("<meta charset=utf-16>"), "UTF-8");
  EXPECT_EQ(meta("<meta charset=x-user-defined>"), "windows-1252");
  EXPECT_EQ(meta("<meta charset=nonsense><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("<metaphor charset=koi8-r>"), "");
  EXPECT_EQ(meta("<meta charset=koi8-r"), "KOI8-R");
}

TEST(Charset, ALateMetaCountsWhereNothingElseDeclares) {
  const std::string padding(1024, ' ');
  EXPECT_EQ(meta(padding + "<meta charset=koi8-r>"), "KOI8-R");
  EXPECT_EQ(meta(padding + "<script>w('<meta charset=big5>')</script><meta charset=koi8-r>"),
            "KOI8-R");
  EXPECT_EQ(meta(padding + "<script>w('<meta charset=big5>')"), "");
  EXPECT_EQ(meta(padding + "<title><meta charset=big5></title>"), "");
  EXPECT_EQ(meta(padding + "<scripted><meta charset=big5>"), "Big5");
}

TEST(Charset, AnXmlDeclarationCountsBeforeALateMeta) {
  const std::string padding(1024, ' ');
  EXPECT_EQ(meta("<?xml version=\"1.0\" encoding=\"koi8-r\"?><p>"), "KOI8-R");
  EXPECT_EQ(meta("<?xml version='1.0' encoding = 'koi8-r' ?>" + padding + "<meta charset=big5>"),
            "KOI8-R");
  EXPECT_EQ(meta("<?xml version='1.0' encoding='koi8-r'?><meta charset=big5>"), "Big5");
  EXPECT_EQ(meta("<?xml version='1.0' encoding='utf-16'?>"), "UTF-8");
  EXPECT_EQ(meta(" <?xml version='1.0' encoding='koi8-r'?>"), "");
  EXPECT_EQ(meta("<?xml version='1.0' xencoding='koi8-r'?>"), "");
  EXPECT_EQ(meta("<?xml encoding='koi8-r"), "");
}

TEST(Charset, OfAContentType) {
  EXPECT_EQ(charset_of_content_type("text/html; charset=UTF-8"), "UTF-8");
  EXPECT_EQ(charset_of_content_type("text/html;x=y;Charset = \"koi8-r\"; z"), "koi8-r");
  EXPECT_EQ(charset_of_content_type("text/html"), "");
  EXPECT_EQ(charset_of_content_type("text/html; charset=\"open"), "");
}

}  // namespace

}  // namespace gvm::html
