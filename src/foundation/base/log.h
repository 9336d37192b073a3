#pragma once
// Logs: one JSON object a line, written by a thread of its own so that a full pipe never blocks a
// lane. When its queue is full the oldest line is dropped and the number of dropped lines is
// logged.
//
// A Logger is a cheap handle (a shared sink and a source name); make one per component with
// child().
#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/redactor.h"
#include "base/size.h"
#include "base/value.h"

namespace gvm::log {

enum class Level { trace, debug, info, warn, error };
std::optional<Level> parse_level(std::string_view name);
std::string_view level_name(Level level);

struct Options {
  Level level = Level::info;
  std::string disable = {};  // comma-separated globs of sources, e.g. "net.*,script"
  int fd = 1;
};

struct Field {
  std::string_view key;
  Value value;
};

class Sink;  // the queue, its writer thread, the redactor and the level

class Logger {
 public:
  static constexpr std::size_t kMaxLineBytes = 32 * kKiB;
  static constexpr std::chrono::milliseconds kFlushTimeout{2000};

  // A logger that drops everything, for tests and tools.
  Logger() = default;
  static Logger open(const Options& options, std::shared_ptr<const Redactor> redactor);

  // "serve" -> "serve.session"; the source decides whether log_disable silences it.
  Logger child(std::string_view name) const;
  bool enabled(Level level) const { return sink_ != nullptr && !silenced_ && level >= threshold_; }

  // {"time": RFC 3339 UTC with milliseconds, "level", "source", "message", ...fields}. Secrets are
  // redacted. A field named like one of the four gets a "_" in front. A line over kMaxLineBytes
  // keeps its cut message and "truncated": true.
  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const;
  // Fields as a map, as scripts give them. "level" and "message" in it are honoured. Anything but a
  // map is field "value".
  void write_value(Level level, std::string_view message, const Value& fields) const;

  void debug(std::string_view m, std::initializer_list<Field> f = {}) const {
    write(Level::debug, m, f);
  }
  void info(std::string_view m, std::initializer_list<Field> f = {}) const {
    write(Level::info, m, f);
  }
  void warn(std::string_view m, std::initializer_list<Field> f = {}) const {
    write(Level::warn, m, f);
  }
  void error(std::string_view m, std::initializer_list<Field> f = {}) const {
    write(Level::error, m, f);
  }

  // Waits until everything written so far has been output, at most kFlushTimeout: the reader of the
  // pipe may have stopped.
  void flush() const;

 private:
  std::shared_ptr<Sink> sink_;
  std::string source_;
  bool silenced_ = false;  // log_disable names this source
  Level threshold_ = Level::error;
};

}  // namespace gvm::log
