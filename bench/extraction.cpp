// Reads pages as lib.rs.html does. `bench_extraction FILE...` writes for each file one line of
// JSON: its name, the main text, the Markdown of the content and all visible text. With `--seconds
// S` it measures instead: parsing alone and parsing with the main text, in turns over all files, in
// pages and megabytes a second of CPU. bench/extraction_scores.py compares the texts with the right
// ones.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/json.h"
#include "html/page.h"

namespace {

using namespace gvm;

struct File {
  std::string name;
  std::string bytes;
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::shared_ptr<const html::Document> parsed(const File& file) {
  auto page = html::parse_page(file.bytes, "utf-8", nullptr);
  if (page) return page->document;
  std::cerr << file.name << ": " << page.error().to_string() << '\n';
  return nullptr;
}

void print(const File& file) {
  const auto document = parsed(file);
  if (!document) return;
  const auto markdown = html::main_markdown(*document);
  const Value line = Value::fields("file", Value::string(file.name), "main_text",
                                   Value::string(html::main_text(*document)), "markdown",
                                   Value::string(markdown ? *markdown : std::string()), "text",
                                   Value::string(html::body_text(*document)));
  std::cout << json::write(line) << '\n';
}

struct Measured {
  const char* what;
  bool extracts;
  double seconds = 0;
  std::size_t pages = 0;
  std::size_t bytes = 0;
};

std::size_t pass(const std::vector<File>& files, Measured& out) {
  std::size_t produced = 0;
  const double begin = cpu_seconds();
  for (const File& file : files) {
    const auto document = parsed(file);
    if (document && out.extracts) produced += html::main_text(*document).size();
    ++out.pages;
    out.bytes += file.bytes.size();
  }
  out.seconds += cpu_seconds() - begin;
  return produced;
}

void measure(const std::vector<File>& files, double seconds) {
  Measured parse{"parse", false};
  Measured extract{"parse and main text", true};
  std::size_t produced = 0;
  do {
    produced += pass(files, parse);
    produced += pass(files, extract);
  } while (parse.seconds + extract.seconds < seconds && !files.empty());
  for (const Measured& row : {parse, extract}) {
    std::printf("%-20s %8.0f pages/s %8.1f MB/s\n", row.what,
                static_cast<double>(row.pages) / row.seconds,
                static_cast<double>(row.bytes) / row.seconds / 1e6);
  }
  if (produced == 0) std::puts("no page has a text");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<File> files;
  double seconds = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
      seconds = std::stod(argv[++i]);
      continue;
    }
    std::ifstream in(argv[i], std::ios::binary);
    files.push_back({argv[i], std::string(std::istreambuf_iterator<char>(in), {})});
  }
  if (seconds > 0) {
    measure(files, seconds);
  } else {
    for (const File& file : files) print(file);
  }
}
