// The methods of HtmlDocument and HtmlElement.
#include <cstring>
#include <lua.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "host/html_document.h"
#include "host/html_work.h"
#include "html/links.h"
#include "html/markdown.h"
#include "html/metadata.h"
#include "html/page.h"
#include "html/selector.h"
#include "html/serialize.h"
#include "html/tables.h"
#include "html/visible_text.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/vm.h"

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

constexpr std::string_view kMethod = "a method of an HTML document";

// One question to a document, about the node `id` and what is below it.
using Read = Result<Value> (*)(const html::Document&, NodeId, const html::Limits&);

class Reading : public LongWork {
 public:
  Reading(const Subject& subject, Read read)
      : document_(subject.shared), id_(subject.id), read_(read) {}

  std::optional<Result<Value>> attempt(Patience patience) override {
    if (!is_short(*document_, id_, patience)) return std::nullopt;
    return unless_too_complex(read_(*document_, id_, limits_on_lane(*document_, patience)));
  }
  std::function<Result<Value>()> elsewhere() const override {
    return [document = document_, id = id_, read = read_] {
      return read(*document, id, document->limits());
    };
  }

 private:
  std::shared_ptr<const html::Document> document_;
  NodeId id_;
  Read read_;
};

[[gnu::noinline]] void begin_reading(lua_State* L, Read read) {
  const Subject subject = subject_of(L);
  begin_long_call(L, kMethod, std::make_unique<Reading>(subject, read));
}

// A method that answers what `read` does.
template <Read read>
int reads(lua_State* L) {
  begin_reading(L, read);
  return run_long_call(L);
}

Result<Value> text_value(std::string text) {
  return Value::bytes(std::move(text));
}

Result<Value> text_value(Result<std::string> text) {
  if (!text) return fail(std::move(text.error()));
  return Value::bytes(std::move(*text));
}

// --- Elements. What is found passes through a Value as the bytes of its ids.

Value packed(const std::vector<NodeId>& ids) {
  const char* bytes = reinterpret_cast<const char*>(ids.data());
  return Value::bytes(std::string(bytes, ids.size() * sizeof(NodeId)));
}

class Ids {
 public:
  explicit Ids(const Value& packed) : bytes_(packed.as_bytes().value_or("")) {}
  std::size_t size() const { return bytes_.size() / sizeof(NodeId); }
  NodeId operator[](std::size_t i) const {
    NodeId id = 0;
    std::memcpy(&id, bytes_.data() + i * sizeof(NodeId), sizeof(NodeId));
    return id;
  }

 private:
  std::string_view bytes_;
};

class Selection : public LongWork {
 public:
  Selection(const Subject& subject, html::Selector selector, std::size_t most)
      : document_(subject.shared),
        id_(subject.id),
        selector_(std::make_shared<const html::Selector>(std::move(selector))),
        most_(most) {}

  std::optional<Result<Value>> attempt(Patience patience) override {
    if (!is_short(*document_, id_, patience)) return std::nullopt;
    const html::Limits limits = limits_on_lane(*document_, patience);
    return unless_too_complex(found(*document_, id_, *selector_, most_, limits));
  }
  std::function<Result<Value>()> elsewhere() const override {
    return [document = document_, id = id_, selector = selector_, most = most_] {
      return found(*document, id, *selector, most, document->limits());
    };
  }

 private:
  static Result<Value> found(const html::Document& document, NodeId id,
                             const html::Selector& selector, std::size_t most,
                             const html::Limits& limits) {
    auto ids = html::select(document, id, selector, most, &limits);
    if (!ids) return fail(std::move(ids.error()));
    return packed(*ids);
  }

  std::shared_ptr<const html::Document> document_;
  NodeId id_;
  std::shared_ptr<const html::Selector> selector_;
  std::size_t most_;
};

// Where a method that answers elements keeps the document's userdata.
constexpr int kDocumentAt = 3;

Subject subject_with_document(lua_State* L) {
  lua_settop(L, kDocumentAt - 1);
  Subject subject = subject_of(L);
  lua_pushvalue(L, subject.document_index);
  lua_insert(L, kDocumentAt);
  lua_settop(L, kDocumentAt);
  subject.document_index = kDocumentAt;
  return subject;
}

int go_on_with_elements(lua_State* L, int, lua_KContext index);

// The table is on top; an item of it is made of each id, some at a time. Nothing here has a
// destructor: the pause jumps over this frame.
int push_more_elements(lua_State* L, int index) {
  constexpr lua_Integer kPiece = 256;
  const Ids ids(result_of_long_call(L, index));
  const DocumentRef document = document_at(L, kDocumentAt);
  const auto size = static_cast<lua_Integer>(ids.size());
  auto i = static_cast<lua_Integer>(lua_rawlen(L, -1));
  while (i < size) {
    push_element(L, document, ids[static_cast<std::size_t>(i)]);
    lua_rawseti(L, -2, ++i);
    if (i % kPiece == 0 && script::Vm::of(L).must_pause(L))
      return script::Vm::pause(L, index, go_on_with_elements);
  }
  script::push_array_metatable(L);
  lua_setmetatable(L, -2);
  return 1;
}

int go_on_with_elements(lua_State* L, int, lua_KContext index) {
  return push_more_elements(L, static_cast<int>(index));
}

int push_elements(lua_State* L, int index) {
  lua_createtable(L, static_cast<int>(Ids(result_of_long_call(L, index)).size()), 0);
  return push_more_elements(L, index);
}

int push_first_element(lua_State* L, int index) {
  const Ids ids(result_of_long_call(L, index));
  if (ids.size() == 0) return lua_pushnil(L), 1;
  push_element(L, document_at(L, kDocumentAt), ids[0]);
  return 1;
}

[[gnu::noinline]] void begin_selection(lua_State* L, const char* wrong, std::size_t most,
                                       Delivery delivery) {
  const std::string_view css = text_argument(L, 2, wrong);
  const Subject subject = subject_with_document(L);
  auto selector = checked(L, guarded(L, [&] { return html::Selector::compile(css); }));
  begin_long_call(L, kMethod, std::make_unique<Selection>(subject, std::move(selector), most),
                  delivery);
}

int select_all(lua_State* L) {
  begin_selection(L, "select: css: a string was expected", html::kAllMatches, push_elements);
  return run_long_call(L);
}

int select_first(lua_State* L) {
  begin_selection(L, "first: css: a string was expected", 1, push_first_element);
  return run_long_call(L);
}

Result<Value> read_children(const html::Document& document, NodeId parent, const html::Limits&) {
  std::vector<NodeId> ids;
  for (NodeId id = document.first_child(parent); id != html::kNoNode;
       id = document.next_sibling(id)) {
    if (document.is_element(id)) ids.push_back(id);
  }
  return packed(ids);
}

[[gnu::noinline]] void begin_children(lua_State* L) {
  const Subject subject = subject_with_document(L);
  begin_long_call(L, kMethod, std::make_unique<Reading>(subject, read_children), push_elements);
}

int children(lua_State* L) {
  begin_children(L);
  return run_long_call(L);
}

// --- Texts and lists.

Result<Value> read_text(const html::Document& document, NodeId id, const html::Limits&) {
  return text_value(html::visible_text(document, id));
}

Result<Value> read_html(const html::Document& document, NodeId id, const html::Limits&) {
  return text_value(html::to_html(document, id));
}

Result<Value> read_meta(const html::Document& document, NodeId, const html::Limits&) {
  return html::metadata(document);
}

Result<Value> read_title(const html::Document& document, NodeId, const html::Limits&) {
  return text_value(html::title(document));
}

Result<Value> read_main_text(const html::Document& document, NodeId, const html::Limits&) {
  return text_value(html::main_text(document));
}

Result<Value> read_main_markdown(const html::Document& document, NodeId,
                                 const html::Limits& limits) {
  return text_value(html::main_markdown(document, &limits));
}

Result<Value> read_markdown(const html::Document& document, NodeId id, const html::Limits& limits) {
  return text_value(html::markdown(document, {id}, nullptr, &limits));
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

template <class List>
Result<Value> list_value(Result<List> list) {
  if (!list) return fail(std::move(list.error()));
  Value::Array values;
  values.reserve(list->size());
  for (const auto& item : *list) values.push_back(value_of(item));
  return Value::array(std::move(values));
}

Result<Value> read_links(const html::Document& document, NodeId id, const html::Limits& limits) {
  return list_value(html::links(document, id, &limits));
}

Result<Value> read_tables(const html::Document& document, NodeId id, const html::Limits& limits) {
  return list_value(html::tables(document, id, &limits));
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
  push_element(L, document_at(L, subject.document_index), id);
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
  add(kDocumentClass, "text", "fun(self: HtmlDocument): string", kText, reads<read_text>);
  add(kDocumentClass, "html", "fun(self: HtmlDocument): string", kHtml, reads<read_html>);
  add(kDocumentClass, "title", "fun(self: HtmlDocument): string",
      "The title on one line: `<title>`, else OpenGraph's, else the first `<h1>`, else \"\".",
      reads<read_title>);
  add(kDocumentClass, "meta",
      "fun(self: HtmlDocument): {title: string|nil, description: string|nil, language: string|nil, "
      "canonical: string|nil, image: string|nil, author: string|nil, site_name: string|nil, "
      "published: string|nil, modified: string|nil, keywords: string[], meta: table<string, "
      "string>, "
      "open_graph: table<string, string>, twitter: table<string, string>, json_ld: any[]}",
      "What the page says about itself; dates as it writes them, URLs absolute.", reads<read_meta>);
  add(kDocumentClass, "links",
      "fun(self: HtmlDocument): {href: string, url: string|nil, text: string, rel: string}[]",
      kLinks, reads<read_links>);
  add(kDocumentClass, "tables",
      "fun(self: HtmlDocument): {caption: string, header_rows: integer, rows: string[][]}[]",
      kTables, reads<read_tables>);
  add(kDocumentClass, "main_text", "fun(self: HtmlDocument): string",
      "The text of the content, without navigation, advertising and the like.",
      reads<read_main_text>);
  add(kDocumentClass, "markdown", "fun(self: HtmlDocument): string",
      "The content as Markdown, without navigation, advertising and the like.",
      reads<read_main_markdown>);
  add(kElementClass, "select", "fun(self: HtmlElement, css: string): HtmlElement[]", kSelect,
      select_all);
  add(kElementClass, "first", "fun(self: HtmlElement, css: string): HtmlElement|nil", kFirst,
      select_first);
  add(kElementClass, "text", "fun(self: HtmlElement): string", kText, reads<read_text>);
  add(kElementClass, "html", "fun(self: HtmlElement): string", kHtml, reads<read_html>);
  add(kElementClass, "markdown", "fun(self: HtmlElement): string",
      "All of it as Markdown: nothing but what is hidden is left out.", reads<read_markdown>);
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
      kLinks, reads<read_links>);
  add(kElementClass, "tables",
      "fun(self: HtmlElement): {caption: string, header_rows: integer, rows: string[][]}[]",
      kTables, reads<read_tables>);
  table.constants.push_back({kDocumentClass, "charset", "string",
                             "The encoding it was read in: `UTF-8`, `windows-1252`...",
                             Value::string("")});
  table.constants.push_back(
      {kDocumentClass, "url", "string|nil", "The URL it was given, or nil.", Value::string("")});
}

}  // namespace gvm::host
