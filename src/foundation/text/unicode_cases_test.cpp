// Unicode's own cases, where Debian's package unicode-data is installed.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "text/filter.h"
#include "text/grapheme.h"
#include "text/json_scan.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

constexpr const char* kFolder = "/usr/share/unicode/";

// Lines without comments.
std::vector<std::string> lines_of(const std::string& command) {
  const auto pipe = std::unique_ptr<FILE, int (*)(FILE*)>(popen(command.c_str(), "r"), pclose);
  std::vector<std::string> lines;
  std::array<char, 8192> buffer{};
  while (pipe && fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
    std::string line = buffer.data();
    line.erase(std::min(line.find('#'), line.size()));
    if (line.find_first_not_of(" \t\n") != std::string::npos) lines.push_back(std::move(line));
  }
  return lines;
}

std::string from_hex(const std::string& field) {
  std::istringstream codes(field);
  std::string text;
  for (std::string code; codes >> code;)
    append_utf8(text, static_cast<char32_t>(std::stoul(code, nullptr, 16)));
  return text;
}

std::string in_form(const std::string& text, TextFilter form) {
  return filter_text(text, std::vector{form}).value_or("refused");
}

std::array<std::string, 5> columns_of(const std::string& line) {
  std::istringstream fields(line);
  std::array<std::string, 5> columns;
  for (auto& column : columns) {
    std::string field;
    std::getline(fields, field, ';');
    column = from_hex(field);
  }
  return columns;
}

void expect_forms(const std::array<std::string, 5>& c) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(in_form(c[i], TextFilter::nfc), c[i < 3 ? 1 : 3]);
    ASSERT_EQ(in_form(c[i], TextFilter::nfd), c[i < 3 ? 2 : 4]);
    ASSERT_EQ(in_form(c[i], TextFilter::nfkc), c[3]);
    ASSERT_EQ(in_form(c[i], TextFilter::nfkd), c[4]);
  }
}

constexpr std::array kForms = {TextFilter::nfc, TextFilter::nfd, TextFilter::nfkc,
                               TextFilter::nfkd};

TEST(TextFilter, AgreesWithAllOfNormalizationTest) {
  const std::string path = std::string(kFolder) + "NormalizationTest.txt.bz2";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "unicode-data is not installed";
  std::size_t cases = 0;
  std::set<std::string> single;  // the characters of part 1
  bool in_part_1 = false;
  for (const auto& line : lines_of("bzip2 -dc " + path)) {
    if (line[0] == '@') {
      in_part_1 = line.starts_with("@Part1");
      continue;
    }
    const auto columns = columns_of(line);
    if (in_part_1) single.insert(columns[0]);
    expect_forms(columns);
    ++cases;
  }
  EXPECT_GT(cases, 18'000U);
  // "Every code point that is not listed in part 1 is itself in all forms."
  std::string others;
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string one;
    append_utf8(one, c);
    if (!single.contains(one)) others += one + " ";  // which no mark combines with
  }
  for (const auto form : kForms) EXPECT_TRUE(in_form(others, form) == others);
}

TEST(Graphemes, AgreeWithGraphemeBreakTest) {
  const std::string path = std::string(kFolder) + "auxiliary/GraphemeBreakTest.txt";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "unicode-data is not installed";
  std::size_t cases = 0;
  for (const auto& line : lines_of("cat " + path)) {
    GraphemeBorders borders;
    std::istringstream signs(line);
    std::string sign;
    std::string code;
    while (signs >> sign >> code) {
      const bool border = borders.before(static_cast<char32_t>(std::stoul(code, nullptr, 16)));
      ASSERT_EQ(border, sign == "\u00F7") << line << " at " << code;
    }
    ++cases;
  }
  EXPECT_GT(cases, 600U);
}

TEST(CaseFold, AgreesWithCaseFolding) {
  const std::string path = std::string(kFolder) + "CaseFolding.txt";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "unicode-data is not installed";
  std::size_t cases = 0;
  for (const auto& line : lines_of("cat " + path)) {
    std::istringstream fields(line);
    std::string code;
    std::string status;
    std::string mapping;
    std::getline(fields, code, ';');
    std::getline(fields, status, ';');
    std::getline(fields, mapping, ';');
    if (status != " C" && status != " F") continue;
    ASSERT_EQ(in_form(from_hex(code), TextFilter::case_fold), from_hex(mapping)) << line;
    ++cases;
  }
  EXPECT_GT(cases, 1'400U);
}

}  // namespace
}  // namespace gvm::text
