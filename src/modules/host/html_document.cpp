#include "host/html_document.h"

#include <lua.hpp>
#include <memory>
#include <new>
#include <utility>

#include "base/error_codes.h"
#include "host/html_read_limits.h"
#include "host/limits.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/host_call.h"
#include "script/off_lane.h"
#include "script/session.h"

namespace gvm::host {

using html::Document;
using html::NodeId;
using script::Vm;

namespace {

constexpr const char* kDocumentMetatable = "gvm.html.document";
constexpr const char* kElementMetatable = "gvm.html.element";
constexpr const char* kBytesKey = "gvm.html.bytes";

struct DocumentBox {
  html::Page page;
  std::size_t bytes;
  std::size_t* session_bytes;  // in Lua's registry; outlives every box
};

// Its user value is the document's userdata.
struct ElementBox {
  const Document* document;
  NodeId id;
};

int discard(lua_State* L) {
  auto* box = static_cast<DocumentBox*>(lua_touserdata(L, 1));
  *box->session_bytes -= box->bytes;
  Vm::of(L).discharge(box->bytes);
  // A large one has some 100,000 blocks.
  if (box->bytes >= HtmlReadLimits().large_document)
    script::drop_off_lane(std::move(box->page.document));
  std::destroy_at(box);
  return 0;
}

std::size_t* session_bytes(lua_State* L) {
  if (lua_getfield(L, LUA_REGISTRYINDEX, kBytesKey) != LUA_TUSERDATA) {
    lua_pop(L, 1);
    *static_cast<std::size_t*>(lua_newuserdatauv(L, sizeof(std::size_t), 0)) = 0;
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, kBytesKey);
  }
  auto* bytes = static_cast<std::size_t*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return bytes;
}

// doc:name() and el:name(): from the rows of the class in the host table.
void push_methods(lua_State* L, std::string_view name) {
  lua_newtable(L);
  for (const auto& row : Vm::of(L).session().program().host().functions) {
    if (row.library != name) continue;
    lua_pushlstring(L, row.name.data(), row.name.size());
    script::push_host_function(L, row);
    lua_rawset(L, -3);
  }
}

int describe_document(lua_State* L) {
  lua_pushliteral(L, "HtmlDocument");
  return 1;
}

int describe_element(lua_State* L) {
  const auto* box = static_cast<const ElementBox*>(luaL_testudata(L, 1, kElementMetatable));
  if (box == nullptr) return lua_pushliteral(L, "HtmlElement"), 1;
  const std::string_view name = box->document->name(box->id);
  lua_pushfstring(L, "HtmlElement <");
  lua_pushlstring(L, name.data(), name.size());
  lua_pushliteral(L, ">");
  lua_concat(L, 3);
  return 1;
}

int equal_elements(lua_State* L) {
  const auto* a = static_cast<const ElementBox*>(luaL_testudata(L, 1, kElementMetatable));
  const auto* b = static_cast<const ElementBox*>(luaL_testudata(L, 2, kElementMetatable));
  const bool same = a != nullptr && b != nullptr && a->document == b->document && a->id == b->id;
  return lua_pushboolean(L, same ? 1 : 0), 1;
}

// document.charset and document.url are fields; the rest are methods (upvalue 1).
int index_document(lua_State* L) {
  const auto* box = static_cast<const DocumentBox*>(luaL_testudata(L, 1, kDocumentMetatable));
  if (box == nullptr) return lua_pushnil(L), 1;
  const std::string_view key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key == "charset") {
    lua_pushlstring(L, box->page.charset.data(), box->page.charset.size());
  } else if (key == "url") {
    const url::Url* url = box->page.document->url();
    if (url == nullptr) return lua_pushnil(L), 1;
    lua_pushlstring(L, url->href().data(), url->href().size());
  } else {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
  }
  return 1;
}

void finish_metatable(lua_State* L, const char* name) {
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__metatable");
}

void push_document_metatable(lua_State* L) {
  if (luaL_newmetatable(L, kDocumentMetatable) == 0) return;
  lua_pushcfunction(L, discard);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, describe_document);
  lua_setfield(L, -2, "__tostring");
  push_methods(L, kDocumentClass);
  lua_pushcclosure(L, index_document, 1);
  lua_setfield(L, -2, "__index");
  finish_metatable(L, "HtmlDocument");
}

void push_element_metatable(lua_State* L) {
  if (luaL_newmetatable(L, kElementMetatable) == 0) return;
  lua_pushcfunction(L, describe_element);
  lua_setfield(L, -2, "__tostring");
  lua_pushcfunction(L, equal_elements);
  lua_setfield(L, -2, "__eq");
  push_methods(L, kElementClass);
  lua_setfield(L, -2, "__index");
  finish_metatable(L, "HtmlElement");
}

}  // namespace

namespace {

const std::shared_ptr<const Document>& shared_at(lua_State* L, int index) {
  return static_cast<const DocumentBox*>(lua_touserdata(L, index))->page.document;
}

}  // namespace

Subject subject_of(lua_State* L) {
  if (luaL_testudata(L, 1, kDocumentMetatable) != nullptr) {
    const auto& document = shared_at(L, 1);
    return {document, document.get(), document->root(), 1};
  }
  const auto* box = static_cast<const ElementBox*>(luaL_testudata(L, 1, kElementMetatable));
  if (box == nullptr) {
    script::raise(L,
                  Error(codes::kScriptBadArgument, Fatality::fatal,
                        "an HtmlDocument or HtmlElement was expected: call methods with a colon"));
  }
  lua_getiuservalue(L, 1, 1);
  return {shared_at(L, -1), box->document, box->id, lua_gettop(L)};
}

DocumentRef document_at(lua_State* L, int index) {
  return {shared_at(L, index).get(), index};
}

void push_element(lua_State* L, DocumentRef document, NodeId id) {
  luaL_checkstack(L, 4, nullptr);
  auto* box = static_cast<ElementBox*>(lua_newuserdatauv(L, sizeof(ElementBox), 1));
  *box = {document.document, id};
  lua_pushvalue(L, document.index);
  lua_setiuservalue(L, -2, 1);
  push_element_metatable(L);
  lua_setmetatable(L, -2);
}

void push_document(lua_State* L, html::Page page) {
  luaL_checkstack(L, 6, nullptr);
  std::size_t* total = session_bytes(L);
  const std::size_t bytes = page.document->memory_bytes();
  const std::size_t most = HtmlLimits().session_bytes;
  if (*total + bytes > most) lua_gc(L, LUA_GCCOLLECT);
  if (*total + bytes > most) {
    script::raise(L, Error(codes::kTooLarge, Fatality::user,
                           "the HTML documents in use take more than " +
                               std::to_string(most / kMiB) + " MiB"));
  }
  push_document_metatable(L);
  void* memory = lua_newuserdatauv(L, sizeof(DocumentBox), 0);
  Vm::of(L).charge(L, bytes);
  new (memory) DocumentBox{std::move(page), bytes, total};
  *total += bytes;
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
}

}  // namespace gvm::host
