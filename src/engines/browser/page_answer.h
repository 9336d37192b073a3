#pragma once
// What the function in the page answers (page/page.js), typed. Internal to rendering.
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/value.h"

namespace gvm::browser {

struct PageAnswer {
  std::string url;
  int status = 0;
  std::string type;         // the document's content type
  bool parsed = false;      // the document is complete
  bool ready = false;       // all has loaded
  std::size_t pending = 0;  // scripts and style sheets on their way
  bool found = false;       // an element matched the selector
  bool bad_selector = false;
  bool settled = false;
  bool rests = false;   // it has settled as far as it knows itself, and was not read
  bool paints = false;  // it draws pixels itself
  std::chrono::milliseconds rested{0};
  std::string body;  // of a page that failed: the beginning of its text
  std::optional<std::string> content;
  bool is_source = false;   // the content is the source, as a viewer of text shows it
  bool unlabelled = false;  // windows-1252, as nothing named a charset
  std::size_t too_long = 0;
  std::size_t too_complex = 0;
  std::optional<std::vector<std::string>> frames;  // of a frameset

  bool is_html() const { return type == "text/html" || type == "application/xhtml+xml"; }
  // The browser's own page that replaces one that failed.
  bool is_error_page() const;
  // A download, or nothing.
  bool is_no_page() const;
};

PageAnswer page_answer_of(const Value& map);

}  // namespace gvm::browser
