#include "host/extract_functions.h"

#include <lua.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "base/null_fields.h"
#include "base/size.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/html_document.h"
#include "host/html_extraction.h"
#include "host/html_work.h"
#include "jsonpath/query.h"
#include "script/convert.h"
#include "script/error.h"
#include "text/json.h"

namespace gvm::host {
namespace {

constexpr std::size_t kLargestResult = 32 * kMiB;

class Extracting : public LongWork {
 public:
  Extracting(const Subject& subject, html::ExtractionFields fields)
      : document_(subject.shared),
        id_(subject.id),
        fields_(std::make_shared<const html::ExtractionFields>(std::move(fields))) {}

  std::optional<Result<Value>> attempt(Patience patience) override {
    if (!is_short(*document_, id_, patience)) return std::nullopt;
    const std::uint64_t steps = limits_on_lane(*document_, patience).steps;
    return unless_too_complex(html::extract(*document_, id_, *fields_, steps));
  }
  std::function<Result<Value>()> elsewhere() const override {
    return [document = document_, id = id_, fields = fields_] {
      return html::extract(*document, id, *fields);
    };
  }

 private:
  std::shared_ptr<const html::Document> document_;
  html::NodeId id_;
  std::shared_ptr<const html::ExtractionFields> fields_;
};

// No exception of C++ may reach Lua's frames; nothing in here touches Lua.
Result<html::ExtractionFields> fields_of(const Value& description) {
  try {
    return read_extraction(description);
  } catch (const std::exception& exception) {
    return fail(codes::kInternal, Fatality::fatal, std::string("extract: ") + exception.what());
  }
}

[[gnu::noinline]] void begin_extract(lua_State* L) {
  lua_settop(L, 2);
  const Subject subject = subject_of(L);
  Result<Value> description = script::to_value(L, 2);
  if (!description) script::raise(L, std::move(description.error()));
  auto fields = fields_of(*description);
  if (!fields) script::raise(L, std::move(fields.error()));
  begin_long_call(L, "extract", std::make_unique<Extracting>(subject, std::move(*fields)));
}

int extract(lua_State* L) {
  begin_extract(L);
  return run_long_call(L);
}

// The document of json_path: a JSON text, or a value that was parsed already.
Result<Value> document_of(Arguments& arguments) {
  Value& given = arguments.any(0);
  const auto text = bytes_of(given);
  if (!text) return std::move(given);
  return text::parse_json(*text, text::JsonStrings::borrow);
}

Result<Value> json_path(Args& args) {
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

// By the size of the document. A query may visit it often: its limits hold it to some 20 ms.
script::HostFunction::Heavy::Length json_path_length(Args& args) {
  using Length = script::HostFunction::Heavy::Length;
  constexpr std::size_t kOnLane = 16 * kKiB;
  constexpr std::size_t kUnwaited = 4 * kMiB;
  if (args.empty()) return Length::fits;
  const std::size_t bytes = script::footprint(args.front());
  if (bytes <= kOnLane) return Length::fits;
  return bytes <= kUnwaited ? Length::should_wait : Length::must_wait;
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
       script::HostFunction::Heavy{json_path, json_path_length}});
}

}  // namespace gvm::host
