#pragma once
// HTML documents and their elements as Lua values. A document is userdata that holds the parsed
// page; an element holds its document, so a page lives as long as anything of it is in use. Their
// bytes count as the session's memory and go when Lua collects the document.
#include "html/page.h"
#include "script/script.h"

struct lua_State;

namespace gvm::host {

// The tables the methods are documented in, and looked up in by the metatables.
inline constexpr std::string_view kDocumentClass = "HtmlDocument";
inline constexpr std::string_view kElementClass = "HtmlElement";

// Pushes the document. Raises TOO_LARGE when the session holds too many already.
void push_document(lua_State* L, html::Page page);

// What a method was called on (argument 1), and where its document stands on the stack. Raises
// SCRIPT_BAD_ARGUMENT for anything else.
struct Subject {
  std::shared_ptr<const html::Document> shared;
  const html::Document* document;
  html::NodeId id;
  int document_index;
};
Subject subject_of(lua_State* L);

// A document's userdata on the stack, and an element of it, pushed. Neither has a destructor.
struct DocumentRef {
  const html::Document* document;
  int index;
};
DocumentRef document_at(lua_State* L, int index);
void push_element(lua_State* L, DocumentRef document, html::NodeId id);

void add_html_methods(script::HostTable& table);

}  // namespace gvm::host
