#include "text/localized_number.h"

#include <gtest/gtest.h>

namespace gvm::text {
namespace {

// "none" when there is no one number.
std::string read(std::string_view language, std::string_view text) {
  const auto format = NumberFormat::of_language(language);
  EXPECT_TRUE(format) << language;
  return format ? read_number(text, *format).value_or("none") : "unknown language";
}

TEST(LocalizedNumber, ReadsTheGroupsAndTheMarkOfALanguage) {
  EXPECT_EQ(read("en", "1,234,567.89"), "1234567.89");
  EXPECT_EQ(read("de", "1.234.567,89"), "1234567.89");
  EXPECT_EQ(read("fr", "1\u202F234\u202F567,89"), "1234567.89");
  EXPECT_EQ(read("ru", "1\u00A0234,5"), "1234.5");
  EXPECT_EQ(read("sv-SE", "12 345"), "12345");
  EXPECT_EQ(read("de_CH", "1’234.50"), "1234.50");
  EXPECT_EQ(read("hi", "12,34,567.8"), "1234567.8");
  EXPECT_EQ(read("en-IN", "1,00,000"), "100000");
  EXPECT_EQ(read("ar", "١٬٢٣٤٫٥"), "1234.5");
  EXPECT_EQ(read("ja", "１２,３４５"), "12345") << "full-width digits";
  EXPECT_EQ(read("EN-us", "007"), "7");
  EXPECT_EQ(read("en", ".5"), "0.5");
}

TEST(LocalizedNumber, IgnoresWhatStandsAroundIt) {
  EXPECT_EQ(read("en", "USD 1,200.00"), "1200.00");
  EXPECT_EQ(read("de", "Preis: 12,50 € inkl. MwSt."), "12.50");
  EXPECT_EQ(read("en", "42%"), "42");
  EXPECT_EQ(read("en", "-5"), "-5");
  EXPECT_EQ(read("en", "\u2212$3.20"), "-3.20");
  EXPECT_EQ(read("en", "- 7"), "-7");
  EXPECT_EQ(read("en", "+7"), "7");
  EXPECT_EQ(read("en", "Boeing-747"), "747") << "a hyphen is no sign";
  EXPECT_EQ(read("en", "About 3."), "3");
  EXPECT_EQ(read("de", "25 m²"), "25") << "a unit's exponent is none of the number";
  EXPECT_EQ(read("de", "Nr.5"), "5");
  EXPECT_EQ(read("de", "-,5"), "-0.5");
  EXPECT_EQ(read("en", "-.5"), "-0.5");
}

TEST(LocalizedNumber, DoesNotGuess) {
  for (const char* text : {"", "none", "1.5-2.5", "2024-01-31", "1,23", "1,2345", "12,34,567",
                           "1.234.567", "1,234 of 5,678", "1e5", "1,234.5,6", "12:30"})
    EXPECT_EQ(read("en", text), "none") << text;
  for (const char* text : {"5½", "5 ½", "½", "3\u20442", "10²", "5³ x", "7⅔ kg", "2\u00A0¼", "5①"})
    EXPECT_EQ(read("en", text), "none") << text;
  for (const char* language : {"de", "fr", "ru", "pt"})
    for (const char* text : {"-.5", ".5", "\u2212.25 %", "(.75)"})
      EXPECT_EQ(read(language, text), "none") << language << text;
  EXPECT_EQ(read("en", ",5"), "none") << "in English a comma parts thousands";
  EXPECT_EQ(read("de", "1.5"), "none") << "in German a point parts thousands";
  EXPECT_EQ(read("en-IN", "1,234,567"), "none");
  EXPECT_EQ(read("fr", "2024 500"), "none");
  EXPECT_EQ(read("de-CH", "1’234'567"), "none") << "two kinds of marks";
  EXPECT_EQ(read("en", std::string(10'000, '1')), "none");
  EXPECT_FALSE(NumberFormat::of_language("xx"));
  EXPECT_FALSE(NumberFormat::of_language("english"));
  EXPECT_FALSE(NumberFormat::of_language(""));
}

}  // namespace
}  // namespace gvm::text
