#include "guard/personal.h"

#include <gtest/gtest.h>

#include "guard/test_guard.h"

namespace gvm::guard {
namespace {

using Found = std::vector<std::string>;

Found personal(std::string_view text) {
  return findings(RuleKind::personal, text);
}

TEST(PersonalData, OfAllKindsAreFound) {
  EXPECT_EQ(personal("mail Ann.Lee+x@mail.example.org."),
            Found{"email:Ann.Lee+x@mail.example.org"});
  EXPECT_EQ(personal("call +49 30 901820 now"), Found{"phone:+49 30 901820"});
  EXPECT_EQ(personal("call (415) 555-2671 now"), Found{"phone:(415) 555-2671"});
  EXPECT_EQ(personal("card 4111 1111 1111 1111,"), Found{"card:4111 1111 1111 1111"});
  EXPECT_EQ(personal("card 5555555555554444"), Found{"card:5555555555554444"});
  EXPECT_EQ(personal("to DE89 3704 0044 0532 0130 00!"), Found{"iban:DE89 3704 0044 0532 0130 00"});
  EXPECT_EQ(personal("from 8.8.4.4 and 2a00:1450:4001::8a"),
            (Found{"ip:8.8.4.4", "ip:2a00:1450:4001::8a"}));
  EXPECT_EQ(personal("CPF 390.533.447-05"), Found{"cpf:390.533.447-05"});
  EXPECT_EQ(personal("DNI 54362315K"), Found{"dni:54362315K"});
  EXPECT_EQ(personal("SSN: 536-90-4399"), Found{"ssn:536-90-4399"});
  EXPECT_EQ(personal("RCCMNL83S18D969H"), Found{"codice_fiscale:RCCMNL83S18D969H"});
  EXPECT_EQ(personal("11010519491231002X"), Found{"resident_id:11010519491231002X"});
  EXPECT_EQ(personal("NHS number 943 476 5919"), Found{"nhs:943 476 5919"});
}

TEST(PersonalData, InOtherDigitsAreFound) {
  EXPECT_EQ(personal("card \uFF14\uFF11\uFF11\uFF11 1111 1111 1111"),
            Found{"card:\uFF14\uFF11\uFF11\uFF11 1111 1111 1111"});
  EXPECT_EQ(personal("a\u200bnn@example.org").size(), 1U);
  EXPECT_EQ(personal("\u5361\u53f74111111111111111\uff0c\u8d26\u6237DE89370400440532013000\u3002"),
            (Found{"card:4111111111111111", "iban:DE89370400440532013000"}));
}

TEST(PersonalData, BesideOtherScriptsAreFoundAlone) {
  EXPECT_EQ(personal("\u8bf7\u8054\u7cfbann@example.org\u5427"), Found{"email:ann@example.org"});
  EXPECT_EQ(personal("an j\u00fcrgen@b\u00fccher.de."), Found{"email:j\u00fcrgen@b\u00fccher.de"});
}

TEST(PersonalData, AreNoNumbersOfOtherKinds) {
  for (const auto* text : {"2024-01-31T12:00:00.123456Z",
                           "1706702400000",
                           "1706702400123456789",
                           "127.0.0.1 localhost",
                           "192.168.1.1",
                           "10.0.0.1",
                           "version 1.2.3.4",
                           "v8.8.4.4",
                           "0.0.0.0:8080",
                           "::1",
                           "fe80::1",
                           "0x5c69bee701ef814a2b6a3edd4b1652cb9cc5aa6f",
                           "block 19123456",
                           "4000000000000000000 wei",
                           "4111111111111112",
                           "0.4111111111111111",
                           "12:34:56",
                           "std::dec",
                           "git@github.com:a/b.git",
                           "react@18.2.0",
                           "@param name",
                           "1,234,567.89",
                           "ISBN 978-3-16-148410-0",
                           "1-2-3-4",
                           "uuid 123e4567-e89b-12d3-a456-426614174000",
                           "price 5555.55",
                           "2001:db8::1",
                           "call 911",
                           "GB82WEST12345698765433",
                           "390.533.447-06",
                           "1234567890",
                           "(2024) 123-4567"})
    EXPECT_TRUE(personal(text).empty()) << text << " as " << personal(text)[0];
}

TEST(PersonalData, CanBeChosenByKind) {
  EXPECT_TRUE(findings(RuleKind::personal, "ann@example.org", {"card"}).empty());
  EXPECT_EQ(findings(RuleKind::personal, "ann@example.org", {"email"}).size(), 1U);
}

TEST(PersonalData, IsLookedForAsAWholeWithinBounds) {
  EXPECT_TRUE(holds_personal_data("Write to ann.lee@example.org please"));
  EXPECT_TRUE(holds_personal_data("IBAN DE89 3704 0044 0532 0130 00"));
  EXPECT_FALSE(holds_personal_data("What is the capital of France?"));
  EXPECT_FALSE(holds_personal_data("Write to [EMAIL_1_abcdefgh] please")) << "it was masked";
  EXPECT_FALSE(holds_personal_data(""));
  EXPECT_TRUE(holds_personal_data("\xff\xfe")) << "nobody can look at it";
  EXPECT_TRUE(holds_personal_data(std::string(kMostPersonalBytes + 1, 'x')));
}

}  // namespace
}  // namespace gvm::guard
