#include "guard/secrets.h"

#include <gtest/gtest.h>

#include "guard/test_guard.h"

namespace gvm::guard {
namespace {

using Found = std::vector<std::string>;

// Written in two parts, so that no scanner takes this file for a leak.
std::string joined(std::string_view a, std::string_view b) {
  return std::string(a) + std::string(b);
}

TEST(Secrets, AreFoundByTheirForms) {
  const auto github = joined("ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx");
  EXPECT_EQ(findings(RuleKind::secrets, "token " + github + "."), Found{"github_token:" + github});
  const auto aws = joined("AKIA", "Z7QF3MXV2KLPE4TW");
  EXPECT_EQ(findings(RuleKind::secrets, aws), Found{"aws_key_id:" + aws});
  const auto url = findings(RuleKind::secrets, "postgres://app:hunter2secret@db:5432/x");
  EXPECT_EQ(url, Found{"url_password:hunter2secret"});
  const auto jwt =
      joined("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
             "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U");
  EXPECT_EQ(findings(RuleKind::secrets, jwt), Found{"jwt:" + jwt});
}

TEST(Secrets, AreFoundWhereTheyHide) {
  const auto hidden = joined("gh\u200bp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx");
  EXPECT_EQ(findings(RuleKind::secrets, hidden), Found{"github_token:" + hidden});
}

TEST(Secrets, OfPemAreMaskedAsAWhole) {
  const auto pem =
      joined("-----BEGIN RSA PRIV", "ATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----");
  EXPECT_EQ(findings(RuleKind::secrets, "a\n" + pem + "\nb"), Found{"private_key:" + pem});
  const auto open = joined("-----BEGIN OPENSSH PRIV", "ATE KEY-----\nb3BlbnNz");
  EXPECT_EQ(findings(RuleKind::secrets, open), Found{"private_key:" + open});
  EXPECT_TRUE(
      findings(RuleKind::secrets, "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----")
          .empty());
}

TEST(Secrets, AreNoExamples) {
  for (const auto* text :
       {"sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "ghp_000000000000000000000000000000000000",
        "password = os.environ[\"DB_PASSWORD\"]", "api_key: string;",
        "api_key=YOUR_API_KEY_GOES_HERE", "https://user:password@example.com/",
        "postgres://app:${DB_PASSWORD}@db/x", "commit e3b0c44298fc1c149afbf4c8996fb92427ae41e4",
        "std::string secret_name = lookup(name);"})
    EXPECT_TRUE(findings(RuleKind::secrets, text).empty())
        << text << findings(RuleKind::secrets, text)[0];
}

TEST(SeedPhrases, AreProvenByTheirChecksum) {
  const std::string good =
      "legal winner thank year wave sausage worth useful legal winner thank yellow";
  EXPECT_EQ(findings(RuleKind::secrets, "it is: " + good + ", ok"), Found{"seed_phrase:" + good});
  const std::string other =
      "legal winner thank year wave sausage worth useful legal winner thank year";
  EXPECT_TRUE(findings(RuleKind::secrets, other).empty());
  EXPECT_EQ(findings(RuleKind::secrets,
                     "1. Legal 2. winner 3. thank 4. year 5. wave 6. sausage "
                     "7. worth 8. useful 9. legal 10. winner 11. thank 12. yellow")
                .size(),
            1U);
}

TEST(SeedPhrases, OfAllSizesAreFound) {
  // The published test vectors of entropy 0x00.. and 0xff..
  const std::vector<std::pair<int, std::string>> kLast = {
      {11, "about"}, {17, "agent"}, {23, "art"}};
  for (const auto& [words, last] : kLast) {
    std::string phrase;
    for (int i = 0; i < words; ++i) phrase += "abandon ";
    phrase += last;
    EXPECT_EQ(findings(RuleKind::secrets, phrase), Found{"seed_phrase:" + phrase});
  }
}

TEST(SeedPhrases, InAMillionWordsTakeBoundedTime) {
  std::string many;
  while (many.size() < 2'000'000) many += "abandon ability able about above absent ";
  const auto found = findings(RuleKind::secrets, many, {"seed_phrase"});
  EXPECT_FALSE(found.empty());
}

TEST(BitcoinKeys, AreProvenByTheirChecksum) {
  const auto wif = joined("5HpHagT65TZzG1PH3CSu63k8DbpvD8", "s5ip4nEB3kEsreAnchuDf");
  EXPECT_EQ(findings(RuleKind::secrets, wif), Found{"wif_key:" + wif});
  auto changed = wif;
  changed[20] = 'a';
  EXPECT_TRUE(findings(RuleKind::secrets, changed).empty());
  // An address is public.
  EXPECT_TRUE(findings(RuleKind::secrets, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa").empty());
}

TEST(Secrets, CanBeChosenByKind) {
  const auto github = joined("ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx");
  EXPECT_TRUE(findings(RuleKind::secrets, github, {"jwt"}).empty());
  EXPECT_EQ(findings(RuleKind::secrets, github, {"api_key"}).size(), 1U);
}

}  // namespace
}  // namespace gvm::guard
