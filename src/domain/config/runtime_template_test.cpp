#include "config/runtime_template.h"

#include <gtest/gtest.h>

#include <map>

namespace gvm::config {
namespace {

std::string filled(std::string_view text,
                   const std::map<std::string, std::string, std::less<>>& values) {
  const auto compiled = RuntimeTemplate::compile(text, Malformed::keep);
  if (!compiled) return "error: " + compiled.error();
  const auto result = compiled->fill([&](std::string_view name) -> std::optional<std::string_view> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  });
  return result ? *result : "missing: " + result.error();
}

TEST(RuntimeTemplate, FillsNames) {
  EXPECT_EQ(filled("a #{x} b #{y}#{x}", {{"x", "1"}, {"y", "2"}}), "a 1 b 21");
  EXPECT_EQ(filled("", {}), "");
  EXPECT_EQ(filled("#{node-address.v1_x}", {{"node-address.v1_x", "n"}}), "n");
}

TEST(RuntimeTemplate, KeepsValuesLiteral) {
  EXPECT_EQ(filled("<#{x}>#{y}", {{"x", "#{y} %1 %% ${z}"}, {"y", "secret"}}),
            "<#{y} %1 %% ${z}>secret");
  EXPECT_EQ(filled("#{x}y}", {{"x", "#{"}, {"y", "secret"}}), "#{y}");
}

TEST(RuntimeTemplate, NamesWhatIsMissing) {
  EXPECT_EQ(filled("#{x} #{z} #{q}", {{"x", "1"}}), "missing: z");
}

TEST(RuntimeTemplate, KeepsProseThatOnlyLooksLikeAName) {
  EXPECT_EQ(filled("#{a b} #{} #{ #{x #{x}", {{"x", "1"}}), "#{a b} #{} #{ #{x 1");
}

TEST(RuntimeTemplate, RefusesATypingErrorWhereItMustNotBeSent) {
  for (const auto* text : {"#{", "#{x", "#{}", "#{a b}", "#{x} #{y"})
    EXPECT_FALSE(RuntimeTemplate::compile(text, Malformed::refuse)) << text;
  EXPECT_TRUE(RuntimeTemplate::compile("# {x} #x {y}", Malformed::refuse));
}

TEST(RuntimeTemplate, KnowsItsNamesAndFixedTexts) {
  const auto compiled = RuntimeTemplate::compile("a#{x}b#{y}#{x}", Malformed::refuse);
  ASSERT_TRUE(compiled);
  EXPECT_EQ(compiled->names(), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(compiled->literals(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(compiled->source(), "a#{x}b#{y}#{x}");
}

}  // namespace
}  // namespace gvm::config
