// Variables that hosts set.
#include "manager/variables.h"

#include <gtest/gtest.h>

#include "base/error_detail.h"
#include "manager/codes.h"

namespace gvm::manager {
namespace {

TEST(Variables, TheLastValueHolds) {
  Variables variables;
  EXPECT_EQ(variables.get("KEY"), std::nullopt);
  ASSERT_TRUE(variables.set("KEY", "one"));
  ASSERT_TRUE(variables.set("KEY", "two"));
  ASSERT_TRUE(variables.set("_empty2", ""));
  EXPECT_EQ(variables.get("KEY"), "two");
  EXPECT_EQ(variables.get("_empty2"), "");
}

// Else a host's LD_PRELOAD or PATH would steer the module's process.
TEST(Variables, AChildHasThemUnderNamesThatNoLibraryReads) {
  Variables variables;
  ASSERT_TRUE(variables.set("LD_PRELOAD", "/tmp/x.so"));
  EXPECT_EQ(variables.for_a_child(), std::vector<std::string>{"GVM_ENV_LD_PRELOAD=/tmp/x.so"});
}

TEST(Variables, WhatIsNoVariableIsRefusedWithoutItsValue) {
  Variables variables;
  const std::string secret = "sk-secret";
  for (const std::string name : {"", "A=B", "1A", "A B", "\xc3\xa4", "A\n"}) {
    const auto set = variables.set(name, secret);
    ASSERT_FALSE(set) << name;
    EXPECT_EQ(set.error().code(), codes::kModuleVariableRefused);
    EXPECT_EQ(set.error().to_string().find(secret), std::string::npos);
  }
  EXPECT_FALSE(variables.set(std::string(Variables::kMostNameBytes + 1, 'A'), ""));
  EXPECT_FALSE(variables.set("A", std::string("a\0b", 3)));
  EXPECT_FALSE(variables.set("A", std::string(Variables::kMostValueBytes + 1, 'x')));
  EXPECT_TRUE(variables.for_a_child().empty());
}

TEST(Variables, SoManyAreKeptAndThoseCanStillChange) {
  Variables variables;
  for (std::size_t i = 0; i < Variables::kMost; ++i)
    ASSERT_TRUE(variables.set("V" + std::to_string(i), "x"));
  EXPECT_FALSE(variables.set("ONE_MORE", "x"));
  EXPECT_TRUE(variables.set("V0", "y"));
}

}  // namespace
}  // namespace gvm::manager
