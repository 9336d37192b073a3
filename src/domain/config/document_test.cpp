#include "config/document.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/test_environment.h"

namespace gvm::config {
namespace {

std::string message_of(std::string_view text) {
  const auto document = parse_document(text, "f");
  return document.diagnostics.empty() ? "" : document.diagnostics.front().to_string();
}

TEST(Document, RefusesAnAliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_TRUE(message_of(bomb).find("aliases stand for too much") != std::string::npos)
      << message_of(bomb);
}

TEST(Document, RefusesDeepNesting) {
  const std::string deep = "a: " + std::string(5'000, '[') + std::string(5'000, ']');
  EXPECT_EQ(message_of(deep), "f:1:67: nested too deep, expected at most 64 levels");
  EXPECT_NE(message_of("a: " + std::string(100'000, '[')), "");
  EXPECT_NE(message_of("a: " + std::string(100'000, '{')), "");
  std::string block;
  for (int i = 0; i < 100; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_TRUE(message_of(block).find("nested too deep") != std::string::npos) << message_of(block);
}

TEST(Document, RefusesAHugeFile) {
  EXPECT_EQ(message_of(std::string(kMaxFileBytes + 1, '#')),
            "f: the file is too large, expected at most 1048576 bytes");
}

TEST(Document, RefusesMoreValuesThanItsLimit) {
  std::string many = "a: [";
  for (std::size_t i = 0; i < kMaxNodes; ++i) many += "1,";
  EXPECT_TRUE(message_of(many + "]").find("expected at most 100000") != std::string::npos);
}

TEST(Document, FindsTheLineThatIsNoUtf8) {
  EXPECT_EQ(message_of("a: 1\nb: \xff\n"), "f:2:1: the text is no UTF-8");
}

TEST(Document, TakesAByteOrderMarkAndWindowsLineEnds) {
  const auto document = parse_document(
      "\xEF\xBB\xBF"
      "a: 'x'\r\nb: \"y\"\r\n",
      "f");
  ASSERT_TRUE(document.root) << message_of(
      "\xEF\xBB\xBF"
      "a: 'x'\r\nb: \"y\"\r\n");
  EXPECT_TRUE(document.diagnostics.empty());
  EXPECT_EQ(document.root->find("a")->value->text, "x");
  EXPECT_EQ(document.root->find("b")->value->text, "y");
  EXPECT_EQ(document.root->find("b")->mark, (Mark{2, 1}));
}

TEST(Document, TakesClosedQuotesOfEveryKind) {
  for (const auto* text :
       {"a: ''", "a: \"\"", "a: 'it''s'", "a: \"q\\\"\"", "a: !!str 'x'", "a: &b \"x\" # \"",
        "a: |\n  \"open\n", "a: >\n  'open\n", "'a': b", "a: [\"x\"]"})
    EXPECT_EQ(message_of(text), "") << text;
}

TEST(Document, FillsSharedStringsOnce) {
  auto document = parse_document("a: &x {k: '${exeDir}'}\nb: *x\n", "f");
  expand_strings(document, "f", test_environment());
  EXPECT_EQ(document.root->find("b")->value->find("k")->value->text, "/opt/genvm/bin");
  EXPECT_TRUE(document.diagnostics.empty());
}

TEST(Document, TurnsFreeValuesByTheCoreSchema) {
  const auto document = parse_document(
      "a: 1\nb: -1.5\nc: true\nd: ~\ne: '1'\nf: [x, 123456789012345678901234567890]\ng: 1e3\nh: "
      "no\n",
      "f");
  const auto value = to_value(*document.root);
  EXPECT_EQ(*value.find("a")->as_integer(), Integer(1));
  EXPECT_EQ(*value.find("b")->as_real(), -1.5);
  EXPECT_EQ(*value.find("c")->as_bool(), true);
  EXPECT_TRUE(value.find("d")->is_null());
  EXPECT_EQ(value.find("e")->as_string(), "1");
  EXPECT_EQ((*value.find("f")->as_array())[1].as_integer()->to_string(),
            "123456789012345678901234567890");
  EXPECT_EQ(*value.find("g")->as_real(), 1000.0);
  EXPECT_EQ(value.find("h")->as_string(), "no");
}

TEST(Document, SaysThatAFileCannotBeRead) {
  EXPECT_EQ(read_document("/nonexistent/x.yaml").diagnostics.front().to_string(),
            "/nonexistent/x.yaml: the file cannot be opened: No such file or directory");
  EXPECT_EQ(read_document("/").diagnostics.front().to_string(),
            "/: the file cannot be read: Is a directory");
}

TEST(Diagnostics, FindTheNearestName) {
  const std::vector<std::string_view> known = {"threads", "timeout", "vm_count"};
  EXPECT_EQ(nearest("treads", known), "threads");
  EXPECT_EQ(nearest("timeuot", known), "timeout");
  EXPECT_EQ(nearest("backends", known), "");
  EXPECT_EQ(nearest(std::string(1000, 'x'), known), "");
}

}  // namespace
}  // namespace gvm::config
