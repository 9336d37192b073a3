#include "host/json_text.h"

#include <functional>
#include <lua.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error_codes.h"
#include "base/null_fields.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/long_call.h"
#include "script/convert.h"
#include "script/error.h"
#include "script/off_lane.h"
#include "text/json.h"

namespace gvm::host {

namespace {

constexpr std::string_view kJsonParse = "lib.rs.json_parse";
constexpr std::size_t kMostValues = 250'000;
// Where a call cannot wait: at most some 15 ms, as there are at most 250,000 values.
constexpr std::size_t kUnwaited = 2 * kMiB;

// Every value but the first follows a comma or the opening of its container.
bool has_more_values(std::string_view text, std::size_t most) {
  if (text.size() < 2 * most) return false;
  std::size_t values = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    values += c == ',' || c == '[' || c == '{' ? 1 : 0;
    if (c != '"') continue;
    for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
  }
  return values > most;
}

Result<Value> parse(std::string_view text, text::JsonStrings strings, std::size_t most_values) {
  if (has_more_values(text, most_values)) {
    return fail(codes::kTooLarge, Fatality::fatal,
                "a JSON text of more than " + std::to_string(most_values) + " values");
  }
  auto value = text::parse_json(text, strings);
  if (value) drop_null_fields(*value);
  return value;
}

// What is borrowed from the argument is copied into Lua before the call ends.
class Parsing : public LongWork {
 public:
  explicit Parsing(std::string_view text) : text_(text) {}

  std::optional<Result<Value>> attempt(Patience patience) override {
    if (text_.size() > (patience == Patience::much ? kUnwaited : kJsonBytesOnLane))
      return std::nullopt;
    return parse(text_, text::JsonStrings::borrow, kMostValues);
  }
  std::function<Result<Value>()> elsewhere() const override {
    return [text = std::make_shared<const std::string>(text_)] {
      return parse(*text, text::JsonStrings::copy, kMostValues);
    };
  }
  std::size_t copied_bytes() const override { return text_.size(); }

 private:
  std::string_view text_;
};

// A number is taken as its text, as Lua's own string functions do.
[[gnu::noinline]] void begin_json_parse(lua_State* L) {
  if (lua_isstring(L, 1) == 0)
    script::raise(L, bad_argument(kJsonParse, "argument 1 (text)", "string",
                                  lua_isnoneornil(L, 1) ? "nil" : luaL_typename(L, 1)));
  std::size_t size = 0;
  const char* text = lua_tolstring(L, 1, &size);
  begin_long_call(L, kJsonParse, std::make_unique<Parsing>(std::string_view(text, size)));
}

int json_parse(lua_State* L) {
  begin_json_parse(L);
  return run_long_call(L);
}

}  // namespace

void add_json_parse(script::HostTable& table) {
  table.functions.push_back(
      {kCommonLibrary, "json_parse", "fun(text: string): any",
       "One JSON text to a value; a null field is nil, a null item of a list "
       "`lib.rs.null`. Errors: DESERIALIZING (fatal), TOO_LARGE for more than "
       "250000 values.",
       json_parse});
}

boost::asio::awaitable<Result<Value>> parse_json_text(script::Vm& vm,
                                                      std::shared_ptr<const std::string> text,
                                                      std::size_t most_values) {
  if (text->size() <= kJsonBytesOnLane)
    co_return parse(*text, text::JsonStrings::copy, most_values);
  auto work = [text = std::move(text), most_values] {
    return parse(*text, text::JsonStrings::copy, most_values);
  };
  auto parsing = script::run_off_lane(vm, std::move(work));
  Result<Value> parsed = co_await std::move(parsing);
  co_return parsed;
}

}  // namespace gvm::host
