#include "html/page.h"

#include <algorithm>
#include <array>

#include "base/error_codes.h"
#include "html/charset.h"
#include "html/main_content.h"
#include "html/markdown.h"
#include "html/metadata.h"
#include "html/visible_text.h"

namespace gvm::html {

namespace {

// The type and subtype of a Content-Type, in lower case.
std::string essence(std::string_view content_type) {
  std::string out = one_line(content_type.substr(0, content_type.find(';')));
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool is_html(std::string_view type) {
  return type.empty() || type == "text/html" || type == "application/xhtml+xml";
}

bool is_text(std::string_view type) {
  constexpr std::array<std::string_view, 4> kTypes = {"application/json", "application/xml",
                                                      "application/javascript", "application/yaml"};
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::ranges::find(kTypes, type) != kTypes.end();
}

Error no_text(std::string_view type) {
  Error error(codes::kWebpageLoadFailed, Fatality::user,
              "a page of the content type " + std::string(type) + " has no text");
  error.with("content_type", Value::string(std::string(type)));
  return error;
}

NodeId shown_root(const Document& document) {
  return document.body() == kNoNode ? document.root() : document.body();
}

}  // namespace

Result<Page> parse_page(std::string_view bytes, std::string_view label, const url::Url* url,
                        const Limits& limits, const std::atomic<bool>* stop) {
  if (bytes.size() > limits.input_bytes) {
    return fail(codes::kTooLarge, Fatality::user,
                "an HTML document of " + std::to_string(bytes.size()) + " bytes, at most " +
                    std::to_string(limits.input_bytes));
  }
  const Decoded decoded = decode(bytes, label);
  Limits inner = limits;
  // Decoding makes up to three bytes of one.
  inner.input_bytes = std::max(limits.input_bytes, decoded.utf8.size());
  auto document = Document::parse(decoded.utf8, url, inner, stop);
  if (!document) return fail(std::move(document.error()));
  return Page{std::move(*document), std::string(decoded.charset)};
}

std::string body_text(const Document& document) {
  return visible_text(document, shown_root(document));
}

std::string main_text(const Document& document) {
  MainContent content = find_main_content(document);
  for (const NodeId id : content.beside_text) content.skipped[id] = true;
  return visible_text(document, content.roots, &content.skipped);
}

Result<std::string> main_markdown(const Document& document) {
  const MainContent content = find_main_content(document);
  return markdown(document, content.roots, &content.skipped);
}

Result<PageText> page_text(std::string_view bytes, std::string_view content_type,
                           std::string_view url, const Limits& limits) {
  const std::string type = essence(content_type);
  const std::string_view label = charset_of_content_type(content_type);
  if (!is_html(type)) {
    if (!is_text(type)) return fail(no_text(type));
    Decoded decoded = decode(bytes, label);
    return PageText{{}, std::move(decoded.utf8), std::string(decoded.charset)};
  }
  const auto parsed = url::parse(url);
  auto page = parse_page(bytes, label, parsed ? &*parsed : nullptr, limits);
  if (!page) return fail(std::move(page.error()));
  return PageText{title(*page->document), body_text(*page->document), std::move(page->charset)};
}

}  // namespace gvm::html
