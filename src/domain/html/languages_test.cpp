// The main content of pages in Chinese, Japanese, Korean, Arabic, Persian, Cyrillic and Thai. The
// pages and their right texts are in tests/data/extraction, which says how they were made.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "html/page.h"
#include "html/test_documents.h"
#include "support/paths.h"

namespace gvm::html {

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Example {
  std::string name;
  std::string html;
  std::string right;
};

std::vector<Example> examples() {
  std::vector<Example> out;
  const std::filesystem::path folder = test::source_dir() + "/tests/data/extraction";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".html") continue;
    std::filesystem::path right = entry.path();
    right.replace_extension(".txt");
    out.push_back({entry.path().stem().string(), content_of(entry.path()), content_of(right)});
  }
  std::ranges::sort(out, {}, &Example::name);
  return out;
}

// Runs of four characters but white space. Words are no measure where nothing parts them.
std::map<std::string, int> grams(std::string_view text) {
  std::vector<std::string> characters;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t space = leading_space(text.substr(i))) {
      i += space;
      continue;
    }
    std::size_t size = 1;
    while (i + size < text.size() && (text[i + size] & 0xC0) == 0x80) ++size;
    characters.emplace_back(text.substr(i, size));
    i += size;
  }
  std::map<std::string, int> out;
  for (std::size_t i = 0; i + 4 <= characters.size(); ++i) {
    ++out[characters[i] + characters[i + 1] + characters[i + 2] + characters[i + 3]];
  }
  return out;
}

int total(const std::map<std::string, int>& grams) {
  int sum = 0;
  for (const auto& [gram, count] : grams) sum += count;
  return sum;
}

double f1(std::string_view right, std::string_view found) {
  const auto a = grams(right);
  const auto b = grams(found);
  int both = 0;
  for (const auto& [gram, count] : a) {
    if (const auto at = b.find(gram); at != b.end()) both += std::min(count, at->second);
  }
  return 2.0 * both / std::max(1, total(a) + total(b));
}

TEST(Languages, MainTextIsTheArticleInEveryScript) {
  const std::vector<Example> all = examples();
  ASSERT_GE(all.size(), 40U);
  double sum = 0;
  for (const Example& example : all) {
    const double score = f1(example.right, main_text(*parsed(example.html)));
    EXPECT_GT(score, 0.9) << example.name;
    sum += score;
  }
  const double mean = sum / static_cast<double>(all.size());
  std::cout << "mean F1 of " << all.size() << " pages: " << mean << '\n';
  EXPECT_GE(mean, 0.985);
}

// The words of `text` in the order in which they stand.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    const bool in_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                         (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    if (in_word) {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

// Without what Markdown adds inside of words: escapes, emphasis and links.
std::string plain(std::string_view markdown) {
  std::string out;
  for (std::size_t i = 0; i < markdown.size(); ++i) {
    if (markdown.substr(i).starts_with("](")) {
      i = std::min(markdown.find(')', i), markdown.size());
    } else if (std::string_view("\\*~`[").find(markdown[i]) == std::string_view::npos) {
      out += markdown[i];
    }
  }
  return out;
}

TEST(Languages, MarkdownKeepsEveryWordOfTheText) {
  for (const Example& example : examples()) {
    const auto document = parsed(example.html, "https://example.com/");
    const auto markdown = main_markdown(*document);
    ASSERT_TRUE(markdown) << example.name;
    const std::vector<std::string> there = words(plain(*markdown));
    auto at = there.begin();
    for (const std::string& word : words(main_text(*document))) {
      at = std::find(at, there.end(), word);
      ASSERT_NE(at, there.end()) << example.name << ": " << word;
      ++at;
    }
  }
}

TEST(Languages, NoPageWithATextHasAnEmptyMainText) {
  for (const Example& example : examples()) {
    EXPECT_NE(main_text(*parsed(example.html)), "") << example.name;
  }
}

}  // namespace

}  // namespace gvm::html
