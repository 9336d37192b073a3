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

constexpr std::size_t kMostFrames = 100;

// The type and subtype of a Content-Type, in lower case.
std::string essence(std::string_view content_type) {
  std::string out = one_line(content_type.substr(0, content_type.find(';')));
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool is_text(std::string_view type) {
  constexpr std::array<std::string_view, 9> kTypes = {
      "application/json", "application/xml",      "application/javascript",
      "application/yaml", "application/x-ndjson", "application/csv",
      "application/toml", "application/ndjson",   "application/x-yaml"};
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::ranges::find(kTypes, type) != kTypes.end();
}

// Line ends as LF: what viewers of text show.
std::string with_plain_line_ends(std::string text) {
  if (text.find('\r') == std::string::npos) return text;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

Error no_text(std::string_view type) {
  Error error(codes::kWebpageLoadFailed, Fatality::user,
              "a page of the content type " + std::string(type) + " has no text");
  error.with("content_type", Value::string(std::string(type)));
  return error;
}

// The absolute URLs of a frameset's frames; nothing for every other page.
std::vector<std::string> frames_of(const Document& document) {
  std::vector<std::string> frames;
  if (document.body() != kNoNode) return frames;
  const Atom src = document.atom("src");
  for (NodeId id = 0; id < document.size() && frames.size() < kMostFrames; ++id) {
    if (document.tag(id) != Tag::frame) continue;
    const auto reference = document.attribute(id, src);
    const auto url = reference ? document.resolve(*reference) : std::nullopt;
    if (url)
      frames.emplace_back(url->href());
    else if (reference)
      frames.emplace_back(*reference);
  }
  return frames;
}

bool is_frameset(const Document& document) {
  if (document.body() != kNoNode) return false;
  for (NodeId id = 0; id < document.size(); ++id) {
    if (document.tag(id) == Tag::frameset) return true;
  }
  return false;
}

}  // namespace

Result<Page> parse_page(std::string_view bytes, std::string_view label, const url::Url* url,
                        const Limits& limits, const std::atomic<bool>* stop, Shadows shadows) {
  if (bytes.size() > limits.input_bytes) {
    return fail(codes::kTooLarge, Fatality::user,
                "an HTML document of " + std::to_string(bytes.size()) + " bytes, at most " +
                    std::to_string(limits.input_bytes));
  }
  const Decoded decoded = decode(bytes, label);
  Limits inner = limits;
  // Decoding makes up to three bytes of one.
  inner.input_bytes = std::max(limits.input_bytes, decoded.utf8.size());
  auto document = Document::parse(decoded.utf8, url, inner, stop, shadows);
  if (!document) return fail(std::move(document.error()));
  return Page{std::move(*document), std::string(decoded.charset)};
}

std::string body_text(const Document& document) {
  return page_visible_text(document, Invisible::left_out);
}

std::string main_text(const Document& document) {
  MainContent content = find_main_content(document);
  for (const NodeId id : content.beside_text) content.skipped[id] = true;
  return visible_text(document, content.roots, &content.skipped);
}

Result<std::string> main_markdown(const Document& document, const Limits* limits) {
  const MainContent content = find_main_content(document);
  return markdown(document, content.roots, &content.skipped, limits);
}

bool is_html_type(std::string_view content_type) {
  const std::string type = essence(content_type);
  return type.empty() || type == "text/html" || type == "application/xhtml+xml";
}

Error frameset_error(std::vector<std::string> frames) {
  std::string detail = "the page is a frameset, which has no text of its own; ask for its frames:";
  Value::Array list;
  for (auto& frame : frames) {
    detail += " " + frame;
    list.push_back(Value::string(std::move(frame)));
  }
  return Error(codes::kWebpageLoadFailed, Fatality::user, std::move(detail))
      .with("reason", Value::string("frameset"))
      .with("frames", Value::array(std::move(list)));
}

Result<PageText> page_text(std::string_view bytes, std::string_view content_type,
                           std::string_view url, Invisible invisible) {
  const std::string type = essence(content_type);
  const std::string_view label = charset_of_content_type(content_type);
  if (!is_html_type(type)) {
    if (!is_text(type)) return fail(no_text(type));
    Decoded decoded = decode(bytes, label);
    return PageText{
        {}, with_plain_line_ends(std::move(decoded.utf8)), std::string(decoded.charset)};
  }
  const auto parsed = url::parse(url);
  auto page = parse_page(bytes, label, parsed ? &*parsed : nullptr);
  if (!page) return fail(std::move(page.error()));
  const Document& document = *page->document;
  if (is_frameset(document)) return fail(frameset_error(frames_of(document)));
  return PageText{title(document), page_visible_text(document, invisible),
                  std::move(page->charset)};
}

}  // namespace gvm::html
