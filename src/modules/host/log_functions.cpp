#include <algorithm>

#include "base/log.h"
#include "base/log_form.h"
#include "host/arguments.h"
#include "host/functions.h"

namespace gvm::host {

namespace {

using log::Level;
using script::Session;

// What scripts write: the levels of the configuration and "warning". Absent or unknown is info.
Level level_of(const Value* value) {
  const auto name = value == nullptr ? std::nullopt : bytes_of(*value);
  if (!name) return Level::info;
  if (*name == "warning") return Level::warn;
  return log::parse_level(*name).value_or(Level::info);
}

// Limits what a logged prompt or image adds to the log.
void cut_long_strings(Value& value, std::size_t most) {
  if (const auto text = bytes_of(value); text && text->size() > most) {
    std::string cut(text->substr(0, most));
    cut += "... (" + std::to_string(text->size()) + " bytes)";
    value = value.as_string() ? Value::string(std::move(cut)) : Value::bytes(std::move(cut));
  }
  if (auto* array = value.as_array()) {
    for (Value& item : *array) cut_long_strings(item, most);
  }
  if (auto* map = value.as_map()) {
    for (auto& [key, item] : *map) cut_long_strings(item, most);
  }
}

Result<Value> log_json(Session& session, std::size_t longest_string, Args& args) {
  Arguments arguments("lib.rs.log_json", args);
  Value& record = arguments.any(0);
  if (record.as_map() == nullptr) return fail(arguments.wrong(0, "record", "table"));
  const Level level = level_of(record.find("level"));
  if (!session.logger().enabled(level)) return Value::null();
  cut_long_strings(record, longest_string);
  std::string message = "<none>";
  if (const Value* given = record.find("message")) {
    message = std::string(bytes_of(*given).value_or(message));
  }
  record.as_map()->erase("level");
  record.as_map()->erase("message");
  // What a provider said stays out of the log, as in our own lines.
  to_log_form(record);
  session.logger().write_value(level, message, record);
  return Value::null();
}

Result<Value> log_enabled(Session& session, Args& args) {
  const Value& level = Arguments("lib.rs.log_enabled", args).any(0);
  return Value::boolean(session.logger().enabled(level_of(&level)));
}

}  // namespace

void add_log_functions(script::HostTable& table, const Limits& limits) {
  const std::size_t longest_string = limits.log_string_bytes;
  table.functions.push_back(
      {kCommonLibrary, "log_json", "fun(record: table)",
       "Writes a log line: `level` (trace, debug, info, warn or warning, error; default info), "
       "`message` and any other fields. Secrets are redacted; strings over 16 KiB are cut. Scripts "
       "use `lib.log`, which also takes cycles and userdata.",
       [longest_string](Session& session, Args& args) {
         return log_json(session, longest_string, args);
       }});
  table.functions.push_back({kCommonLibrary, "log_enabled", "fun(level: string|nil): boolean",
                             "Whether a line of that level would be written.", log_enabled});
}

}  // namespace gvm::host
