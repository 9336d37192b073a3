#include "host/extract_functions.h"

#include <lua.hpp>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "base/null_fields.h"
#include "base/size.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/html_document.h"
#include "host/html_extraction.h"
#include "jsonpath/query.h"
#include "script/convert.h"
#include "script/error.h"
#include "text/json.h"

namespace gvm::host {
namespace {

constexpr std::size_t kLargestResult = 32 * kMiB;

// No exception of C++ may reach Lua's frames; nothing in here touches Lua.
Result<Value> extracted(const Subject& subject, const Value& description) {
  try {
    const auto fields = read_extraction(description);
    if (!fields) return fail(fields.error());
    return html::extract(*subject.document, subject.id, *fields);
  } catch (const std::exception& exception) {
    return fail(codes::kInternal, Fatality::fatal, std::string("extract: ") + exception.what());
  }
}

int extract(lua_State* L) {
  lua_settop(L, 2);
  const Subject subject = subject_of(L);
  Result<Value> description = script::to_value(L, 2);
  if (!description) script::raise(L, std::move(description.error()));
  Result<Value> facts = extracted(subject, *description);
  if (!facts) script::raise(L, std::move(facts.error()));
  script::push(L, *facts);
  return 1;
}

// The document of json_path: a JSON text, or a value that was parsed already.
Result<Value> document_of(Arguments& arguments) {
  Value& given = arguments.any(0);
  const auto text = bytes_of(given);
  if (!text) return std::move(given);
  return text::parse_json(*text, text::JsonStrings::borrow);
}

Result<Value> json_path(script::Session&, Args& args) {
  Arguments arguments("lib.rs.json_path", args);
  const auto path = arguments.bytes(1, "path");
  if (!path) return fail(path.error());
  const auto query = jsonpath::Query::compile(*path);
  if (!query) return fail(query.error());
  const auto document = document_of(arguments);
  if (!document) return fail(document.error());
  const auto nodes = query->run(*document);
  if (!nodes) return fail(nodes.error());
  Value::Array values;
  values.reserve(nodes->size());
  std::size_t bytes = 0;
  for (const Value* node : *nodes) {
    bytes += script::footprint(*node);
    if (bytes > kLargestResult)
      return fail(codes::kTooLarge, Fatality::user, "lib.rs.json_path selects more than 32 MiB");
    values.push_back(*node);
    drop_null_fields(values.back());
  }
  return Value::array(std::move(values));
}

}  // namespace

void add_extract_functions(script::HostTable& table) {
  constexpr std::string_view kDoc =
      "The facts that a description asks for, see docs/extraction.md: fields by name, each a CSS "
      "selector with an optional `@attribute` (the first match), a list of every match, records, "
      "numbers by language. What is not there is nil. Errors: BAD_SELECTOR with `ctx.field`, "
      "DOCUMENT_TOO_COMPLEX.";
  table.functions.push_back({kDocumentClass, "extract",
                             "fun(self: HtmlDocument, description: table): table", kDoc, extract});
  table.functions.push_back({kElementClass, "extract",
                             "fun(self: HtmlElement, description: table): table", kDoc, extract});
  table.functions.push_back(
      {kCommonLibrary, "json_path", "fun(json: string|table, path: string): any[]",
       "The values that a JSONPath query (RFC 9535) selects in a JSON text, or in a table, in the "
       "order of the RFC with members by key; nulls as json_parse has them. Errors: BAD_JSON_PATH "
       "with `ctx.position`, JSON_PATH_TOO_COMPLEX, TOO_LARGE; DESERIALIZING (fatal).",
       json_path});
}

}  // namespace gvm::host
