#include "guard/placeholders.h"

#include <gtest/gtest.h>

namespace gvm::guard {
namespace {

TEST(Placeholders, AreTheSameForTheSameValue) {
  Placeholders session("k3y");
  EXPECT_EQ(session.of("email", "a@x.org", {}), "[EMAIL_1_k3y]");
  EXPECT_EQ(session.of("email", "b@x.org", {}), "[EMAIL_2_k3y]");
  EXPECT_EQ(session.of("email", "a@x.org", {}), "[EMAIL_1_k3y]");
  EXPECT_EQ(session.of("phone", "a@x.org", {}), "[PHONE_1_k3y]");
  EXPECT_EQ(session.restore("to [EMAIL_2_k3y], [EMAIL_9_k3y] [EMAIL_1_k3y"),
            "to b@x.org, [EMAIL_9_k3y] [EMAIL_1_k3y");
}

TEST(Placeholders, AvoidThoseThatTheTextHoldsAlready) {
  Placeholders session("");
  const auto taken = session.taken_in("[EMAIL_1] and [EMAIL_2, [[EMAIL_3]]");
  EXPECT_TRUE(taken.contains("[EMAIL_1]"));
  EXPECT_TRUE(taken.contains("[EMAIL_3]"));
  EXPECT_EQ(session.of("email", "a@x.org", taken), "[EMAIL_2]");
  EXPECT_EQ(session.of("email", "b@x.org", taken), "[EMAIL_4]");
}

TEST(Placeholders, RefuseWhatDoesNotFit) {
  Placeholders session("", {.values = 2, .bytes = 1'000});
  EXPECT_TRUE(session.of("email", "a", {}));
  EXPECT_FALSE(session.of("email", std::string(2'000, 'x'), {}));
  EXPECT_TRUE(session.of("email", "b", {}));
  EXPECT_FALSE(session.of("email", "c", {}));
  EXPECT_TRUE(session.of("email", "a", {})) << "one that is known needs no room";
}

}  // namespace
}  // namespace gvm::guard
