#include "url/database_address.h"

#include <gmock/gmock.h>

#include "base/error_codes.h"

namespace gvm::url {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string shown(std::string_view text) {
  const auto address = parse_database_address(text);
  if (!address) return std::string(address.error().code());
  std::string out;
  for (const auto& [keyword, value] : address->parameters)
    out += (out.empty() ? "" : " ") + keyword + "=" + std::string(value.reveal());
  return out;
}

std::vector<std::string> secrets(std::string_view text) {
  std::vector<std::string> out;
  const auto address = parse_database_address(text);
  for (const auto& secret : address->secrets) out.emplace_back(secret.reveal());
  return out;
}

TEST(DatabaseAddress, ReadsEveryPartOfAUrl) {
  EXPECT_EQ(shown("postgresql://ann:secret@db.example:5433/ledger?sslmode=require"),
            "user=ann password=secret host=db.example port=5433 dbname=ledger sslmode=require");
  EXPECT_EQ(shown("postgres://localhost"), "host=localhost");
  EXPECT_EQ(shown("postgresql:///ledger?host=/run/postgresql&user=u"),
            "dbname=ledger host=/run/postgresql user=u");
  EXPECT_EQ(shown("postgresql://u@[::1]:5432/x"), "user=u host=::1 port=5432 dbname=x");
  EXPECT_EQ(shown("postgresql://a:1,b,c:3/x"), "host=a,b,c port=1,,3 dbname=x");
  EXPECT_EQ(shown("postgresql://%2Frun%2Fpg/x"), "host=/run/pg dbname=x");
}

TEST(DatabaseAddress, APasswordMayContainTheCharactersThatOthersTripOver) {
  for (const auto* password : {"p@ss", "p#ss", "p:ss", "@@", "p@ss#w:rd", "[x]"})
    EXPECT_EQ(shown(std::string("postgresql://u:") + password + "@host/db"),
              std::string("user=u password=") + password + " host=host dbname=db");
  EXPECT_EQ(shown("postgresql://u:p%40ss%2Fw%3Frd%25@host/db"),
            "user=u password=p@ss/w?rd% host=host dbname=db");
}

TEST(DatabaseAddress, ReadsKeysAndValues) {
  EXPECT_EQ(shown("host=h port = 5432 password='it''s' dbname=x"), "INVALID_CONFIG");
  EXPECT_EQ(shown("host=h  password = 'a b\\'c' dbname=x\\ y"), "host=h password=a b'c dbname=x y");
  EXPECT_EQ(shown("password=p@ss#w host=h"), "password=p@ss#w host=h");
  EXPECT_EQ(shown("password='' host=h"), "password= host=h");
}

TEST(DatabaseAddress, KnowsItsPasswordsInTheirFormsAsSecrets) {
  EXPECT_THAT(secrets("postgresql://u:hunter2@h/x"), ElementsAre("hunter2"));
  EXPECT_THAT(secrets("postgresql://u:hun%40ter@h/x"), ElementsAre("hun%40ter", "hun@ter"));
  EXPECT_THAT(secrets("postgresql://h/x?password=hunter2&sslpassword=other%21"),
              ElementsAre("hunter2", "other%21", "other!"));
  EXPECT_THAT(secrets("user=u password='hun ter'"), ElementsAre("hun ter"));
  EXPECT_THAT(secrets("postgresql://u@h/x"), ElementsAre());
}

TEST(DatabaseAddress, WhatItCannotReadIsRefusedWithoutRepeatingIt) {
  for (const std::string text :
       {"postgresql://u:hunter2/x@host/db", "postgresql://u:hunter2?x@host/db",
        "postgresql://u:1/hunter2@host/db", "postgresql://u:1?hunter2@host/db",
        "postgresql://u:hunter2%zz@host/db", "postgresql://u:hunter2%00@host/db",
        "postgresql://u:hunter2%4", "postgresql://u:x@[::1/hunter2", "mysql://u:hunter2@host/db",
        "hunter2", "password=my hunter2 host=h", "password='hunter2", "postgresql://h/x?hunter2",
        "postgresql://h/x?HUNTER2=hunter2", ""}) {
    const auto address = parse_database_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code(), codes::kInvalidConfig);
    EXPECT_THAT(address.error().to_string(), Not(HasSubstr("hunter2"))) << text;
    EXPECT_THAT(address.error().to_string(), Not(HasSubstr("HUNTER2")));
  }
}

}  // namespace
}  // namespace gvm::url
