// Puts the files in page/ together.
#include "browser/page_reader.h"

namespace gvm::browser {

std::string_view embedded(std::string_view name);  // generated from page/*.js

namespace {

// Without indentation and lines that are comments: the text is sent with every question.
void append_bare(std::string& out, std::string_view source) {
  while (!source.empty()) {
    std::string_view line = source.substr(0, source.find('\n'));
    source.remove_prefix(std::min(line.size() + 1, source.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.empty() || line.starts_with("//")) continue;
    out += line;
    out += '\n';
  }
}

std::string put_together() {
  std::string out = "function (ask) {\n";
  for (const auto* name : {"native", "tree", "settle", "still", "colour", "shape", "text", "page"})
    append_bare(out, embedded(name));
  return out + "}";
}

}  // namespace

std::string_view page_script() {
  static const std::string script = put_together();
  return script;
}

}  // namespace gvm::browser
