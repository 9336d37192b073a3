#pragma once
// A page as it came over the network: its text without a browser.
#include <string>
#include <string_view>

#include "html/document.h"

namespace gvm::html {

// A document and how its bytes were read.
struct Page {
  std::shared_ptr<const Document> document;
  std::string charset;  // the encoding's name, "UTF-8"
};

// `label`: the charset the transport named, or empty. Errors: as Document::parse.
Result<Page> parse_page(std::string_view bytes, std::string_view label, const url::Url* url,
                        const Limits& limits = {}, const std::atomic<bool>* stop = nullptr);

struct PageText {
  std::string title;
  std::string text;
  std::string charset;
};

// What a person reads, for a static page. HTML and XHTML are parsed; other text is given as it is,
// decoded; an empty content type counts as HTML. `url` may be empty. Errors: as Document::parse;
// WEBPAGE_LOAD_FAILED for what is no text (ctx {content_type=}), not fatal.
Result<PageText> page_text(std::string_view bytes, std::string_view content_type,
                           std::string_view url, const Limits& limits = {});

// The visible text.
std::string body_text(const Document& document);
// The running text of the content; empty only when nothing of the page is shown. Without the title
// above it and the captions of figures, which main_markdown keeps.
std::string main_text(const Document& document);
Result<std::string> main_markdown(const Document& document);

}  // namespace gvm::html
