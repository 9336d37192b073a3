#include "base/redactor.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/json.h"

namespace gvm {
namespace {

Redactor of(std::initializer_list<const char*> secrets) {
  std::vector<Secret> list;
  for (const auto* secret : secrets) list.emplace_back(std::string(secret));
  return Redactor(std::move(list));
}

TEST(Redactor, RemovesASecretWhereverItStands) {
  const auto redactor = of({"sk-12345678"});
  EXPECT_EQ(redactor.redact("key sk-12345678, again sk-12345678"),
            "key [redacted], again [redacted]");
  EXPECT_EQ(redactor.redact("nothing here"), "nothing here");
  EXPECT_TRUE(redactor.contains_secret("xsk-12345678x"));
  EXPECT_FALSE(redactor.contains_secret("sk-1234567"));
}

TEST(Redactor, KnowsEncodedForms) {
  const std::string secret = "p@ss/w\"o\\rd?+~";
  const auto redactor = of({secret.c_str()});
  EXPECT_EQ(redactor.redact("u=p%40ss%2Fw%22o%5Crd%3F%2B~"), "u=[redacted]");
  EXPECT_EQ(redactor.redact("u=p%40ss%2fw%22o%5crd%3f%2b~"), "u=[redacted]");
  EXPECT_EQ(redactor.redact(hex_encode(secret)), "[redacted]");
  EXPECT_EQ(redactor.redact(json::write(Value::string(secret))), "\"[redacted]\"");
}

TEST(Redactor, KnowsBase64AtEveryAlignment) {
  const std::string secret = "key-value-\xff\xfe\xfb!";
  const auto redactor = of({secret.c_str()});
  for (const std::string before : {"", "u", "us", "user:", "user-ab:"}) {
    for (const std::string after : {"", "x", "xy"}) {
      const std::string text = base64_encode(before + secret + after);
      EXPECT_TRUE(redactor.contains_secret(text)) << before << after;
      EXPECT_LT(redactor.redact(text).size(), 28) << redactor.redact(text);
    }
  }
}

TEST(Redactor, HidesOverlappingSecretsWhole) {
  const auto redactor = of({"abcdefgh", "efghijkl", "abcdef"});
  EXPECT_EQ(redactor.redact("-abcdefghijkl-abcdef-"), "-[redacted]-[redacted]-");
  EXPECT_EQ(of({"ababab"}).redact("abababab"), "[redacted]");
}

TEST(Redactor, IgnoresSecretsThatAreWords) {
  EXPECT_EQ(of({"key", ""}).redact("the key"), "the key");
  EXPECT_EQ(Redactor().redact("as it is"), "as it is");
}

TEST(Redactor, CleansAnErrorThroughAndThrough) {
  Error error =
      Error("STATUS_NOT_OK", Fatality::fatal, "GET http://h/?k=topsecret")
          .with("body", Value::bytes(std::string("echo topsecret")))
          .with("headers",
                Value::object({{"x-topsecret", Value::array({Value::string("topsecret")})}}));
  of({"topsecret"}).redact(error);
  EXPECT_EQ(json::write(error.to_value()).find("topsecret"), std::string::npos);
  EXPECT_EQ(error.ctx().find("body")->as_bytes(), "echo [redacted]");
}

}  // namespace
}  // namespace gvm
