#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/json.h"
#include "base/null_fields.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "text/json.h"

namespace gvm::host {

namespace {

using script::Session;

// JSON has no bytes: a string that is no UTF-8 would be lost silently.
bool is_json_text(const Value& value) {
  if (const auto text = value.as_string()) return is_valid_utf8(*text);
  if (const auto bytes = value.as_bytes()) return is_valid_utf8(*bytes);
  if (const auto* array = value.as_array()) {
    for (const Value& item : *array) {
      if (!is_json_text(item)) return false;
    }
  }
  if (const auto* map = value.as_map()) {
    for (const auto& [key, item] : *map) {
      if (!is_valid_utf8(key.view()) || !is_json_text(item)) return false;
    }
  }
  return true;
}

// What is borrowed from the argument is copied into Lua before the call ends.
Result<Value> json_parse(Session&, Args& args) {
  const auto text = Arguments("lib.rs.json_parse", args).bytes(0, "text");
  if (!text) return fail(text.error());
  auto value = text::parse_json(*text, text::JsonStrings::borrow);
  if (value) drop_null_fields(*value);
  return value;
}

Result<Value> json_stringify(Session&, Args& args) {
  Arguments arguments("lib.rs.json_stringify", args);
  const Value& value = arguments.any(0);
  if (!is_json_text(value)) {
    return fail(bad_argument(arguments.function(), "argument 1 (value)",
                             "strings in UTF-8 (encode bytes first, e.g. with base64_encode)",
                             "a string of other bytes"));
  }
  return Value::string(json::write(value));
}

Result<Value> encode_base64(Session&, Args& args) {
  const auto data = Arguments("lib.rs.base64_encode", args).bytes(0, "data");
  if (!data) return fail(data.error());
  return Value::string(base64_encode(*data));
}

Result<Value> decode_base64(Session&, Args& args) {
  const auto text = Arguments("lib.rs.base64_decode", args).bytes(0, "text");
  if (!text) return fail(text.error());
  auto bytes = base64_decode(*text);
  if (!bytes) {
    return fail(codes::kDeserializing, Fatality::fatal,
                "lib.rs.base64_decode: the text is no base64 (RFC 4648, section 4)");
  }
  return Value::bytes(std::move(*bytes));
}

}  // namespace

void add_codec_functions(script::HostTable& table) {
  table.functions.push_back({kCommonLibrary, "json_parse", "fun(text: string): any",
                             "One JSON text to a value; a null field is nil, a null item of a list "
                             "`lib.rs.null`. Errors: DESERIALIZING (fatal).",
                             json_parse});
  table.functions.push_back(
      {kCommonLibrary, "json_stringify", "fun(value: any): string",
       "A value to compact JSON, keys in byte order; NaN and infinities become null.",
       json_stringify});
  table.functions.push_back({kCommonLibrary, "base64_encode", "fun(data: string): string",
                             "Bytes to base64 with padding (RFC 4648, section 4).", encode_base64});
  table.functions.push_back(
      {kCommonLibrary, "base64_decode", "fun(text: string): string",
       "Base64 to bytes; padding may be absent. Errors: DESERIALIZING (fatal).", decode_base64});
}

}  // namespace gvm::host
