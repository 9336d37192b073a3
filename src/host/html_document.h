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

void add_html_methods(script::HostTable& table);

}  // namespace gvm::host
