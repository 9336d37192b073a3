#include <vector>

#include "host/arguments.h"
#include "host/functions.h"
#include "text/filter.h"

namespace gvm::host {

namespace {

constexpr std::string_view kFilterText = "lib.rs.filter_text";
constexpr std::string_view kFilterNames =
    "a list of \"NFC\", \"NFKC\", \"NormalizeWS\", \"RmZeroWidth\"";

Result<std::vector<text::TextFilter>> filters_of(Arguments& arguments) {
  const Value& list = arguments.any(1);
  const auto* map = list.as_map();
  // An empty Lua table is a map.
  if (map != nullptr && map->empty()) return std::vector<text::TextFilter>();
  const auto* items = list.as_array();
  if (items == nullptr) return fail(arguments.wrong(1, "filters", kFilterNames));
  std::vector<text::TextFilter> filters;
  for (const Value& item : *items) {
    const auto name = item.as_string();
    const auto filter = name ? text::text_filter_named(*name) : std::nullopt;
    if (!filter) {
      return fail(bad_argument(kFilterText, "argument 2 (filters)", kFilterNames,
                               name ? name->substr(0, 64) : lua_kind(item)));
    }
    filters.push_back(*filter);
  }
  return filters;
}

Result<Value> filter_text(script::Session&, Args& args) {
  Arguments arguments(kFilterText, args);
  const auto text = arguments.bytes(0, "text");
  if (!text) return fail(text.error());
  const auto filters = filters_of(arguments);
  if (!filters) return fail(filters.error());
  auto filtered = text::filter_text(*text, *filters);
  if (!filtered) return fail(std::move(filtered.error()));
  return Value::string(std::move(*filtered));
}

}  // namespace

void add_text_functions(script::HostTable& table) {
  table.functions.push_back(
      {kCommonLibrary, "filter_text",
       "fun(text: string, filters: (\"NFC\"|\"NFKC\"|\"NormalizeWS\"|\"RmZeroWidth\")[]): string",
       "UTF-8 text through the filters in their order: Unicode normalisation, white space runs to "
       "one space, invisible characters removed.",
       filter_text});
}

}  // namespace gvm::host
