#include "signing/structured_field.h"

#include <gtest/gtest.h>

#include "base/error_detail.h"
#include "signing/codes.h"

namespace gvm::signing {
namespace {

std::string canonical_item(std::string_view text) {
  const auto item = parse_item(text);
  return item ? serialize(*item).value() : item.error().to_string();
}
std::string canonical_list(std::string_view text) {
  const auto list = parse_list(text);
  return list ? serialize(*list).value() : list.error().to_string();
}
std::string canonical_dictionary(std::string_view text) {
  const auto dictionary = parse_dictionary(text);
  return dictionary ? serialize(*dictionary).value() : dictionary.error().to_string();
}

TEST(StructuredField, ReadsEveryTypeOfItem) {
  EXPECT_EQ(std::get<std::int64_t>(parse_item("-42").value().value), -42);
  EXPECT_EQ(std::get<Decimal>(parse_item("4.5").value().value).thousandths, 4500);
  EXPECT_EQ(std::get<std::string>(parse_item(R"("a \"b\" \\")").value().value), R"(a "b" \)");
  EXPECT_EQ(std::get<Token>(parse_item("foo123/456:*").value().value).text, "foo123/456:*");
  EXPECT_EQ(std::get<ByteSequence>(parse_item(":cHJldGVuZA==:").value().value).bytes, "pretend");
  EXPECT_EQ(std::get<bool>(parse_item("?0").value().value), false);
  EXPECT_EQ(std::get<Date>(parse_item("@1659578233").value().value).unix_seconds, 1659578233);
  EXPECT_EQ(std::get<DisplayString>(parse_item(R"(%"f%c3%bc%c3%bc")").value().value).utf8,
            "f\xC3\xBC\xC3\xBC");
}

TEST(StructuredField, WritesOneFormOnly) {
  EXPECT_EQ(canonical_item("  1.50;a;  b=?1;c=?0  "), "1.5;a;b;c=?0");
  EXPECT_EQ(canonical_item("-0"), "0");
  EXPECT_EQ(canonical_item("00042"), "42");
  EXPECT_EQ(canonical_item("-0.5"), "-0.5");
  EXPECT_EQ(canonical_item("2.000"), "2.0");
  EXPECT_EQ(canonical_item(":aGk:"), ":aGk=:");
  EXPECT_EQ(canonical_list("sugar,  tea ,\trum"), "sugar, tea, rum");
  EXPECT_EQ(canonical_list(R"(("foo"   "bar"),( ),("baz";x  );y)"),
            R"(("foo" "bar"), (), ("baz";x);y)");
  EXPECT_EQ(canonical_dictionary("a=1,    b=2;x=1;y=2,   c=(a   b   c), d, e=?0, f=?1;z"),
            "a=1, b=2;x=1;y=2, c=(a b c), d, e=?0, f;z");
  EXPECT_EQ(canonical_dictionary(""), "");
}

TEST(StructuredField, OfARepeatedKeyTheLaterValueCounts) {
  EXPECT_EQ(canonical_dictionary("a=1, b=2, a=3"), "a=3, b=2");
  EXPECT_EQ(canonical_item("x;a=1;b=2;a=3"), "x;a=3;b=2");
  EXPECT_FALSE(parse_dictionary("a=1, b=2, a=3", RepeatedKeys::refuse));
}

TEST(StructuredField, RefusesWhatTheStandardRefuses) {
  for (const char* text : {"",
                           " ",
                           "1 2",
                           "\"open",
                           "\"a\nb\"",
                           "\"\x7F\"",
                           "\"caf\xC3\xA9\"",
                           R"("\n")",
                           "1000000000000000",
                           "1234567890123.5",
                           "1.",
                           "1.2345",
                           "--1",
                           "-",
                           "?2",
                           "?",
                           ":a b:",
                           ":YQ",
                           ":Y===:",
                           "@1.5",
                           "@",
                           "%a",
                           R"(%"%C3%BC")",
                           R"(%"%fc")",
                           R"(%"%c)",
                           "=",
                           "\tx",
                           "x;A=1",
                           "x;=1",
                           "x;",
                           "{"})
    EXPECT_FALSE(parse_item(text)) << text;
  for (const char* text :
       {"a,", "a,,b", ",a", "(a", "(a b", "(a,b)", "(\"a\"\"b\")", "a b", "((a))"})
    EXPECT_FALSE(parse_list(text)) << text;
  for (const char* text : {"A=1", "a=1,", "a==1", "a=", "a=1 b=2", "1=a", "a=1;;b", "a = 1"})
    EXPECT_FALSE(parse_dictionary(text)) << text;
}

TEST(StructuredField, SaysWhereTheFaultIs) {
  const auto list = parse_list("one, two,");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code(), codes::kMalformedStructuredField);
  EXPECT_EQ(detail_of(list.error()), "at byte 9: a comma with no member behind it");
}

TEST(StructuredField, BoundsItsMembers) {
  std::string list = "a";
  for (std::size_t i = 1; i < StructuredFieldLimits::kMembers; ++i) list += ",a";
  EXPECT_TRUE(parse_list(list));
  EXPECT_FALSE(parse_list(list + ",a"));
  std::string dictionary;
  for (std::size_t i = 0; i <= StructuredFieldLimits::kMembers; ++i)
    dictionary += (i == 0 ? "k" : ",k") + std::to_string(i);
  EXPECT_FALSE(parse_dictionary(dictionary));
  std::string inner = "(";
  for (std::size_t i = 0; i <= StructuredFieldLimits::kListItems; ++i) inner += "a ";
  EXPECT_FALSE(parse_list(inner + ")"));
  std::string item = "a";
  for (std::size_t i = 0; i <= StructuredFieldLimits::kParameters; ++i)
    item += ";p" + std::to_string(i);
  EXPECT_FALSE(parse_item(item));
}

TEST(StructuredField, DoesNotWriteWhatCannotBeRead) {
  EXPECT_FALSE(serialize(Item{std::int64_t{1'000'000'000'000'000}, {}}));
  EXPECT_FALSE(serialize(Item{Decimal{1'000'000'000'000'000}, {}}));
  EXPECT_FALSE(serialize(Item{std::string("line\nbreak"), {}}));
  EXPECT_FALSE(serialize(Item{Token{"with space"}, {}}));
  EXPECT_FALSE(serialize(Item{Token{""}, {}}));
  EXPECT_FALSE(serialize(Item{DisplayString{"\xFF"}, {}}));
  Parameters wrong_key;
  wrong_key.set("Upper", true);
  EXPECT_FALSE(serialize(Item{true, wrong_key}));
}

}  // namespace
}  // namespace gvm::signing
