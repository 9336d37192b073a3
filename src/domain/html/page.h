#pragma once
// A page as it came over the network: its text without a browser.
#include <string>
#include <string_view>

#include "html/document.h"
#include "html/visible_text.h"

namespace gvm::html {

// A document and how its bytes were read.
struct Page {
  std::shared_ptr<const Document> document;
  std::string charset;  // the encoding's name, "UTF-8"
};

// `label`: the charset the transport named, or empty. Errors: as Document::parse.
Result<Page> parse_page(std::string_view bytes, std::string_view label, const url::Url* url,
                        const Limits& limits = {}, const std::atomic<bool>* stop = nullptr,
                        Shadows shadows = Shadows::composed);

struct PageText {
  std::string title;
  std::string text;
  std::string charset;
};

// Whether the page is HTML or XHTML, by its Content-Type; an empty one counts as HTML.
bool is_html_type(std::string_view content_type);

// What a person reads, for a static page. HTML and XHTML are parsed; other text (XML, JSON, CSV...)
// is given as it is, decoded. `url` may be empty. Errors: as Document::parse; WEBPAGE_LOAD_FAILED
// for what is no text (ctx {content_type=}) and for a frameset, not fatal.
Result<PageText> page_text(std::string_view bytes, std::string_view content_type,
                           std::string_view url, Invisible invisible = Invisible::left_out);

// For a page whose body is a frameset: it has no text, its frames have. WEBPAGE_LOAD_FAILED with
// ctx.reason "frameset" and ctx.frames, the URLs; not fatal.
Error frameset_error(std::vector<std::string> frames);

// The visible text.
std::string body_text(const Document& document);
// The running text of the content; empty only when nothing of the page is shown. Without the title
// above it and the captions of figures, which main_markdown keeps.
std::string main_text(const Document& document);
// Within `limits` when given, else the document's.
Result<std::string> main_markdown(const Document& document, const Limits* limits = nullptr);

}  // namespace gvm::html
