// The result of a parse depends on the document alone, not on documents parsed before or on memory
// addresses.
#include <algorithm>
#include <random>

#include "html/serialize.h"
#include "html/test_documents.h"

namespace gvm::html {

namespace {

std::string attributes(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += " a" + std::to_string(i) + "=1";
  return out;
}

// Documents that once disturbed each other, those at the limits, and ordinary ones.
std::vector<std::string> documents() {
  std::vector<std::string> out = {
      repeated("<input a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1>", 10),
      repeated("<p a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1>x</p>", 60),
      "<p" + attributes(100) + ">x",
      "<p" + attributes(2047) + ">x",
      "<p" + attributes(2049) + ">x",
      repeated("<div>", 508) + "x",
      repeated("<div>", 515) + "x",
      "<table>" + repeated("<tr><td>x<td><ul><li>y</ul>", 20),
      repeated("<b><i><u>", 20) + repeated("<p>x</b></i>", 10),
      "<svg><use xlink:href=#a /><foreignObject><p>x</svg>",
      "<template><p>a<template>b</template></template>",
      "<select><option>a<optgroup><option>b</select>",
      "",
      "plain text",
  };
  std::mt19937 random(1);
  const std::vector<std::string> parts = {"<p>",        "<b a=1>",    "</b>",
                                          "<table>",    "<td>",       "text ",
                                          "&amp;",      "<!-- c -->", "<input a=1 b=2 c=3>",
                                          "<svg>",      "</svg>",     "<li>",
                                          "<a href=x>", "</p>",       "<script>x</script>"};
  for (int i = 0; i < 40; ++i) {
    std::string& made = out.emplace_back();
    for (int j = 0; j < 60; ++j) made += parts[random() % parts.size()];
  }
  return out;
}

std::string outcome(const std::string& source) {
  const auto document = Document::parse(source);
  if (!document) return document.error().to_string();
  return to_html(**document, (*document)->root()).value() + "|" + visible_text(**document, 0);
}

TEST(Determinism, TenThousandParsesInShuffledOrdersAnswerTheSame) {
  const std::vector<std::string> sources = documents();
  std::vector<std::string> expected;
  for (const auto& source : sources) expected.push_back(outcome(source));
  EXPECT_NE(expected[4].find("attributes"), std::string::npos) << expected[4].substr(0, 100);
  EXPECT_NE(expected[6].find("depth"), std::string::npos) << expected[6].substr(0, 100);
  std::vector<std::size_t> order(sources.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937 random(2);
  for (std::size_t parses = 0; parses < 10'000;) {
    std::ranges::shuffle(order, random);
    for (const std::size_t i : order) {
      ASSERT_EQ(outcome(sources[i]), expected[i])
          << "document " << i << " after " << parses << " parses";
      ++parses;
    }
  }
}

}  // namespace

}  // namespace gvm::html
