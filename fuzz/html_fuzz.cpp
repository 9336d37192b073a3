// Any bytes: a page is parsed, or refused with a typed error; its tree is consistent, its
// serialisation parses again, and no selector loops or reads out of bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/encoding.h"
#include "html/links.h"
#include "html/metadata.h"
#include "html/page.h"
#include "html/selector.h"
#include "html/serialize.h"
#include "html/tables.h"

namespace {

using namespace gvm;

void require(bool claim) {
  if (!claim) std::abort();
}

void check_tree(const html::Document& document) {
  require(document.end(document.root()) == document.size());
  for (html::NodeId id = 1; id < document.size(); ++id) {
    const html::NodeId parent = document.parent(id);
    require(parent < id && document.end(id) <= document.end(parent));
    if (document.is_element(id)) require(document.element_index(id) >= 1);
  }
}

void check_texts(const html::Document& document) {
  require(is_valid_utf8(html::body_text(document)));
  require(is_valid_utf8(html::main_text(document)));
  const auto markdown = html::main_markdown(document);
  if (markdown) require(is_valid_utf8(*markdown));
  (void)html::links(document, document.root());
  (void)html::tables(document, document.root());
  (void)html::metadata(document);
  const auto written = html::to_html(document, document.root());
  if (written) (void)html::Document::parse(*written);
}

}  // namespace

// The input is a page, or "selector\npage".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  const auto url = url::parse("https://example.com/a/b");
  const std::string_view bytes = line == std::string_view::npos ? input : input.substr(line + 1);
  const auto page = html::parse_page(bytes, {}, &*url);
  if (!page) return 0;
  check_tree(*page->document);
  check_texts(*page->document);
  const auto selector = html::Selector::compile(input.substr(0, line));
  if (!selector) return 0;
  const auto found = html::select(*page->document, page->document->root(), *selector);
  if (!found) return 0;
  for (std::size_t i = 1; i < found->size(); ++i) require((*found)[i - 1] < (*found)[i]);
  return 0;
}
