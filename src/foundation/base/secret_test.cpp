#include "base/secret.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <gtest/gtest.h>

#include <ostream>

namespace gvm {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

// These checks work at compile time: code that prints a Secret must not compile.
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!Streamable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<Secret, std::string>);
// Control: the same checks recognise types that can be printed.
static_assert(fmt::is_formattable<std::string>::value);
static_assert(Streamable<std::string>);

TEST(Secret, IsReadByRevealOnly) {
  const Secret secret("s3cr3t-key");
  EXPECT_EQ(secret.reveal(), "s3cr3t-key");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, LeavesNothingBehindWhenMovedFrom) {
  for (const std::size_t size : {8UL, 300UL}) {  // inline in the string, and on the heap
    Secret from(std::string(size, 'k'));
    const char* const inline_or_heap = from.reveal().data();
    const Secret to(std::move(from));
    EXPECT_EQ(to.reveal(), std::string(size, 'k'));
    EXPECT_TRUE(from.empty());  // NOLINT: the state after the move is what the test is about
    const bool copied_inline = to.reveal().data() != inline_or_heap;
    if (copied_inline) {
      EXPECT_EQ(std::string(inline_or_heap, size), std::string(size, '\0'));
    }
  }
}

TEST(Secret, CopiesAndAssigns) {
  Secret a("first-secret-value");
  const Secret b("b");
  const Secret copy = a;
  a = b;
  EXPECT_EQ(a.reveal(), "b");
  EXPECT_EQ(copy.reveal(), "first-secret-value");
  a = Secret("third");
  EXPECT_EQ(a.reveal(), "third");
}

}  // namespace
}  // namespace gvm
