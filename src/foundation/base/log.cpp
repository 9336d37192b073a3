#include "base/log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"
#include "base/log_format.h"
#include "base/log_sink.h"
#include "base/recent_problems.h"
#include "base/utc_text.h"

namespace gvm::log {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames{"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 4> kOwnFields{"time", "level", "source", "message"};

std::atomic<Format> output_format{Format::json};

struct FieldRef {
  std::string_view key;
  const Value* value;
};

struct Line {
  Level level;
  std::string_view source;
  std::string_view message;
};

bool is_own(std::string_view key) {
  return std::ranges::find(kOwnFields, key) != kOwnFields.end();
}

void append_head(std::string& out, const Line& line, std::string_view message) {
  out.append(R"({"time":")").append(utc_text(std::chrono::system_clock::now()));
  out.append(R"(","level":")").append(level_name(line.level));
  out.append(R"(","source":)");
  json::write_string_to(out, line.source);
  out.append(R"(,"message":)");
  json::write_string_to(out, message);
}

std::string build(const Line& line, const std::vector<FieldRef>& fields) {
  std::string out;
  append_head(out, line, line.message);
  for (const auto& field : fields) {
    out.append(",");
    json::write_string_to(
        out, is_own(field.key) ? "_" + std::string(field.key) : std::string(field.key));
    out.append(":");
    json::write_to(out, *field.value);
    if (out.size() > Logger::kMaxLineBytes) break;
  }
  return out.append("}");
}

// A character takes at most six bytes in JSON ("\u0001").
std::string build_truncated(const Line& line) {
  constexpr std::size_t kKeptBytes = Logger::kMaxLineBytes / 8;
  std::string out;
  append_head(out, line, line.message.substr(0, kKeptBytes));
  return out.append(R"(,"truncated":true})");
}

// Redacts each key and value on its own, so that the line stays valid JSON. If the finished line
// still contains a secret (a number, for example), the message is replaced and the fields are left
// out.
std::string build_redacted(const Line& line, const std::vector<FieldRef>& fields,
                           const Redactor& redactor) {
  const auto redact = [&](std::string_view text) { return redactor.redact(text); };
  std::vector<std::string> keys;
  std::vector<Value> values;
  keys.reserve(fields.size());
  values.reserve(fields.size());
  std::vector<FieldRef> clean;
  for (const auto& field : fields) {
    rewrite_value_strings(values.emplace_back(*field.value), redact);
    clean.push_back({keys.emplace_back(redact(field.key)), &values.back()});
  }
  const std::string message = redact(line.message);
  std::string out = build({line.level, line.source, message}, clean);
  if (out.size() > Logger::kMaxLineBytes) out = build_truncated({line.level, line.source, message});
  if (redactor.contains_secret(out)) out = build({line.level, line.source, "[redacted]"}, {});
  return out;
}

void keep_for_the_status_page(const Line& line, const std::string& finished) {
  constexpr std::size_t kLongest = 8 * kKiB;
  if (finished.size() <= kLongest) return keep_problem(finished);
  std::string out;
  append_head(out, line, "a line of " + std::to_string(finished.size()) + " bytes: see the log");
  keep_problem(out.append("}"));
}

// Quoted where it would not be one word.
void append_pretty_value(std::string& out, const Value& value) {
  const auto text = value.as_string();
  const bool is_word = text && !text->empty() && std::ranges::all_of(*text, [](char c) {
                         return c > ' ' && c < 0x7f && c != '"' && c != '=';
                       });
  if (is_word)
    out += *text;
  else
    json::write_to(out, value);
}

// A message of several lines, or with control characters, is written as JSON writes it.
void append_pretty_message(std::string& out, std::string_view message) {
  const bool plain = std::ranges::none_of(
      message, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (plain)
    out += to_valid_utf8(message);
  else
    json::write_string_to(out, message);
}

// For people. Redacted as a whole: nothing reads it back.
std::string build_pretty(const Line& line, const std::vector<FieldRef>& fields,
                         const Redactor& redactor) {
  constexpr std::size_t kDate = 11;  // of the time, which is without it and the "Z"
  constexpr std::size_t kLevelWidth = 6;
  const auto time = utc_text(std::chrono::system_clock::now());
  std::string out = time.substr(std::min(kDate, time.size()));
  if (out.ends_with('Z')) out.pop_back();
  std::string level(level_name(line.level));
  std::ranges::transform(level, level.begin(),
                         [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  level.resize(kLevelWidth, ' ');
  out.append(" ").append(level).append(line.source).append("  ");
  append_pretty_message(out, line.message);
  for (const auto& field : fields) {
    out.append("  ").append(field.key).append("=");
    append_pretty_value(out, *field.value);
    if (out.size() > Logger::kMaxLineBytes) {
      out.resize(Logger::kMaxLineBytes);
      out = to_valid_utf8(out) + "...";
      break;
    }
  }
  return redactor.redact(out);
}

void post(Sink& sink, const Line& line, const std::vector<FieldRef>& fields) {
  if (format() == Format::pretty && line.level < Level::warn)
    return sink.post(build_pretty(line, fields, sink.redactor()));
  std::string out = build(line, fields);
  if (sink.redactor().contains_secret(out)) {
    out = build_redacted(line, fields, sink.redactor());
  } else if (out.size() > Logger::kMaxLineBytes) {
    out = build_truncated(line);
  }
  if (line.level >= Level::warn) keep_for_the_status_page(line, out);
  if (format() == Format::pretty) out = build_pretty(line, fields, sink.redactor());
  sink.post(std::move(out));
}

}  // namespace

void set_format(Format format) {
  output_format.store(format, std::memory_order_relaxed);
}

Format format() {
  return output_format.load(std::memory_order_relaxed);
}

std::optional<Level> parse_level(std::string_view name) {
  const auto at = std::ranges::find(kLevelNames, name);
  if (at == kLevelNames.end()) return std::nullopt;
  return static_cast<Level>(at - kLevelNames.begin());
}

std::string_view level_name(Level level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

Logger Logger::open(const Options& options, std::shared_ptr<const Redactor> redactor) {
  Logger logger;
  logger.sink_ = std::make_shared<Sink>(options, std::move(redactor));
  logger.threshold_ = options.level;
  return logger;
}

Logger Logger::child(std::string_view name) const {
  Logger logger = *this;
  if (!logger.source_.empty()) logger.source_ += '.';
  logger.source_ += name;
  logger.silenced_ = sink_ != nullptr && sink_->is_disabled(logger.source_);
  return logger;
}

void Logger::write(Level level, std::string_view message,
                   std::initializer_list<Field> fields) const {
  if (!enabled(level)) return;
  std::vector<FieldRef> refs;
  refs.reserve(fields.size());
  for (const auto& field : fields) refs.push_back({field.key, &field.value});
  post(*sink_, {level, source_, message}, refs);
}

void Logger::write_value(Level level, std::string_view message, const Value& fields) const {
  if (const auto* named = fields.find("level"))
    level = parse_level(named->as_string().value_or("")).value_or(level);
  if (!enabled(level)) return;
  const auto* text = fields.find("message");
  if (text != nullptr) message = text->as_string().value_or(message);
  std::vector<FieldRef> refs;
  if (const auto* map = fields.as_map()) {
    for (const auto& [key, value] : *map) {
      if (key.view() != "level" && key.view() != "message") refs.push_back({key.view(), &value});
    }
  } else if (!fields.is_null()) {
    refs.push_back({"value", &fields});
  }
  post(*sink_, {level, source_, message}, refs);
}

void Logger::flush() const {
  if (sink_ != nullptr) sink_->flush(kFlushTimeout);
}

}  // namespace gvm::log
