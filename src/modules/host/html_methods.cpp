// The methods of HtmlDocument and HtmlElement.
#include <lua.hpp>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "host/html_document.h"
#include "html/links.h"
#include "html/markdown.h"
#include "html/metadata.h"
#include "html/selector.h"
#include "html/serialize.h"
#include "html/tables.h"
#include "html/visible_text.h"
#include "script/convert.h"
#include "script/error.h"

namespace gvm::host {

namespace {

using html::NodeId;

[[noreturn]] void bad_argument(lua_State* L, const char* what) {
  script::raise(L, Error(codes::kScriptBadArgument, Fatality::fatal, what));
}

std::string_view text_argument(lua_State* L, int index, const char* what) {
  if (lua_type(L, index) != LUA_TSTRING) bad_argument(L, what);
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return {text, size};
}

// Exceptions of C++ libraries must not reach Lua's frames; Lua's own (no std::exception) must pass.
// `work` touches no Lua.
template <class F>
auto guarded(lua_State* L, F&& work) {
  std::optional<Error> problem;
  try {
    return work();
  } catch (const std::exception& exception) {
    problem.emplace(codes::kInternal, Fatality::fatal, std::string("html: ") + exception.what());
  }
  script::raise(L, std::move(*problem));
}

template <class T>
T checked(lua_State* L, Result<T> result) {
  if (!result) script::raise(L, std::move(result.error()));
  return std::move(*result);
}

int push_text(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

std::vector<NodeId> found(lua_State* L, const Subject& subject, std::string_view css,
                          std::size_t most) {
  auto result = guarded(L, [&]() -> Result<std::vector<NodeId>> {
    const auto selector = html::Selector::compile(css);
    if (!selector) return fail(selector.error());
    return html::select(*subject.document, subject.id, *selector, most);
  });
  return checked(L, std::move(result));
}

int select_all(lua_State* L) {
  const std::string_view css = text_argument(L, 2, "select: css: a string was expected");
  const Subject subject = subject_of(L);
  push_elements(L, subject, found(L, subject, css, html::kAllMatches));
  return 1;
}

int select_first(lua_State* L) {
  const std::string_view css = text_argument(L, 2, "first: css: a string was expected");
  const Subject subject = subject_of(L);
  const std::vector<NodeId> ids = found(L, subject, css, 1);
  if (ids.empty()) return lua_pushnil(L), 1;
  push_element(L, subject, ids.front());
  return 1;
}

int text(lua_State* L) {
  const Subject subject = subject_of(L);
  return push_text(L,
                   guarded(L, [&] { return html::visible_text(*subject.document, subject.id); }));
}

int to_html(lua_State* L) {
  const Subject subject = subject_of(L);
  return push_text(
      L, checked(L, guarded(L, [&] { return html::to_html(*subject.document, subject.id); })));
}

Value value_of(const html::Link& link) {
  Value::Map map;
  map.set("href", Value::string(link.href));
  map.set("text", Value::string(link.text));
  map.set("rel", Value::string(link.rel));
  if (link.url) map.set("url", Value::string(*link.url));
  return Value::map(std::move(map));
}

Value value_of(const html::Table& table) {
  Value::Array rows;
  for (const auto& row : table.rows) {
    Value::Array cells;
    for (const std::string& cell : row) cells.push_back(Value::string(cell));
    rows.push_back(Value::array(std::move(cells)));
  }
  return Value::fields("caption", Value::string(table.caption), "header_rows",
                       Value::integer(Integer(table.header_rows)), "rows",
                       Value::array(std::move(rows)));
}

// A list of what `read` answers.
template <class F>
int push_list(lua_State* L, F&& read) {
  const Subject subject = subject_of(L);
  auto items = guarded(L, [&]() -> Result<Value> {
    auto list = read(*subject.document, subject.id);
    if (!list) return fail(std::move(list.error()));
    Value::Array values;
    values.reserve(list->size());
    for (const auto& item : *list) values.push_back(value_of(item));
    return Value::array(std::move(values));
  });
  script::push(L, checked(L, std::move(items)));
  return 1;
}

int links(lua_State* L) {
  return push_list(L, html::links);
}
int tables(lua_State* L) {
  return push_list(L, html::tables);
}

int meta(lua_State* L) {
  const Subject subject = subject_of(L);
  script::push(L, guarded(L, [&] { return html::metadata(*subject.document); }));
  return 1;
}

int title(lua_State* L) {
  const Subject subject = subject_of(L);
  return push_text(L, guarded(L, [&] { return html::title(*subject.document); }));
}

int main_text(lua_State* L) {
  const Subject subject = subject_of(L);
  return push_text(L, guarded(L, [&] { return html::main_text(*subject.document); }));
}

int main_markdown(lua_State* L) {
  const Subject subject = subject_of(L);
  return push_text(L,
                   checked(L, guarded(L, [&] { return html::main_markdown(*subject.document); })));
}

int element_markdown(lua_State* L) {
  const Subject subject = subject_of(L);
  return push_text(
      L, checked(L, guarded(L, [&] { return html::markdown(*subject.document, {subject.id}); })));
}

int name(lua_State* L) {
  const Subject subject = subject_of(L);
  return push_text(L, subject.document->name(subject.id));
}

int attr(lua_State* L) {
  const std::string_view wanted = text_argument(L, 2, "attr: name: a string was expected");
  const Subject subject = subject_of(L);
  const auto value = subject.document->attribute(subject.id, wanted);
  if (!value) return lua_pushnil(L), 1;
  return push_text(L, *value);
}

int attrs(lua_State* L) {
  const Subject subject = subject_of(L);
  lua_newtable(L);
  for (std::size_t i = 0; i < subject.document->attribute_count(subject.id); ++i) {
    const html::Attribute& attribute = subject.document->attribute(subject.id, i);
    push_text(L, subject.document->atom_text(attribute.name));
    push_text(L, subject.document->attribute_value(attribute));
    lua_rawset(L, -3);
  }
  return 1;
}

int parent(lua_State* L) {
  const Subject subject = subject_of(L);
  const NodeId id = subject.document->parent(subject.id);
  if (id == html::kNoNode || !subject.document->is_element(id)) return lua_pushnil(L), 1;
  push_element(L, subject, id);
  return 1;
}

int children(lua_State* L) {
  const Subject subject = subject_of(L);
  std::vector<NodeId> ids;
  for (NodeId id = subject.document->first_child(subject.id); id != html::kNoNode;
       id = subject.document->next_sibling(id)) {
    if (subject.document->is_element(id)) ids.push_back(id);
  }
  push_elements(L, subject, ids);
  return 1;
}

}  // namespace

void add_html_methods(script::HostTable& table) {
  const auto add = [&table](std::string_view owner, std::string_view method,
                            std::string_view signature, std::string_view doc,
                            script::HostFunction::Raw function) {
    table.functions.push_back({owner, method, signature, doc, function});
  };
  constexpr std::string_view kSelect =
      "The elements inside that match a CSS selector, in document order. Errors: BAD_SELECTOR with "
      "`ctx.position`, DOCUMENT_TOO_COMPLEX.";
  constexpr std::string_view kFirst =
      "The first element inside that matches a CSS selector, or nil.";
  constexpr std::string_view kText =
      "The text a person reads: blocks on lines of their own, cells parted by tabs, nothing "
      "hidden.";
  constexpr std::string_view kHtml = "HTML text of it.";
  constexpr std::string_view kLinks =
      "Links in document order; `url` is absolute, and nil when it does not parse or the document "
      "has "
      "no URL to start from.";
  constexpr std::string_view kTables =
      "Tables as rows of text; a cell with colspan or rowspan stands in each place it covers. "
      "Error: "
      "DOCUMENT_TOO_COMPLEX.";
  add(kDocumentClass, "select", "fun(self: HtmlDocument, css: string): HtmlElement[]", kSelect,
      select_all);
  add(kDocumentClass, "first", "fun(self: HtmlDocument, css: string): HtmlElement|nil", kFirst,
      select_first);
  add(kDocumentClass, "text", "fun(self: HtmlDocument): string", kText, text);
  add(kDocumentClass, "html", "fun(self: HtmlDocument): string", kHtml, to_html);
  add(kDocumentClass, "title", "fun(self: HtmlDocument): string",
      "The title on one line: `<title>`, else OpenGraph's, else the first `<h1>`, else \"\".",
      title);
  add(kDocumentClass, "meta",
      "fun(self: HtmlDocument): {title: string|nil, description: string|nil, language: string|nil, "
      "canonical: string|nil, image: string|nil, author: string|nil, site_name: string|nil, "
      "published: string|nil, modified: string|nil, keywords: string[], meta: table<string, "
      "string>, "
      "open_graph: table<string, string>, twitter: table<string, string>, json_ld: any[]}",
      "What the page says about itself; dates as it writes them, URLs absolute.", meta);
  add(kDocumentClass, "links",
      "fun(self: HtmlDocument): {href: string, url: string|nil, text: string, rel: string}[]",
      kLinks, links);
  add(kDocumentClass, "tables",
      "fun(self: HtmlDocument): {caption: string, header_rows: integer, rows: string[][]}[]",
      kTables, tables);
  add(kDocumentClass, "main_text", "fun(self: HtmlDocument): string",
      "The text of the content, without navigation, advertising and the like.", main_text);
  add(kDocumentClass, "markdown", "fun(self: HtmlDocument): string",
      "The content as Markdown, without navigation, advertising and the like.", main_markdown);
  add(kElementClass, "select", "fun(self: HtmlElement, css: string): HtmlElement[]", kSelect,
      select_all);
  add(kElementClass, "first", "fun(self: HtmlElement, css: string): HtmlElement|nil", kFirst,
      select_first);
  add(kElementClass, "text", "fun(self: HtmlElement): string", kText, text);
  add(kElementClass, "html", "fun(self: HtmlElement): string", kHtml, to_html);
  add(kElementClass, "markdown", "fun(self: HtmlElement): string",
      "All of it as Markdown: nothing but what is hidden is left out.", element_markdown);
  add(kElementClass, "name", "fun(self: HtmlElement): string", "The element's name in lower case.",
      name);
  add(kElementClass, "attr", "fun(self: HtmlElement, name: string): string|nil",
      "An attribute's value, by its name in lower case.", attr);
  add(kElementClass, "attrs", "fun(self: HtmlElement): table<string, string>", "All attributes.",
      attrs);
  add(kElementClass, "parent", "fun(self: HtmlElement): HtmlElement|nil",
      "The element around it, or nil for the root.", parent);
  add(kElementClass, "children", "fun(self: HtmlElement): HtmlElement[]",
      "The elements directly inside.", children);
  add(kElementClass, "links",
      "fun(self: HtmlElement): {href: string, url: string|nil, text: string, rel: string}[]",
      kLinks, links);
  add(kElementClass, "tables",
      "fun(self: HtmlElement): {caption: string, header_rows: integer, rows: string[][]}[]",
      kTables, tables);
  table.constants.push_back({kDocumentClass, "charset", "string",
                             "The encoding it was read in: `UTF-8`, `windows-1252`...",
                             Value::string("")});
  table.constants.push_back(
      {kDocumentClass, "url", "string|nil", "The URL it was given, or nil.", Value::string("")});
}

}  // namespace gvm::host
