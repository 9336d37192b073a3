#pragma once
// Writes JSON piece by piece, where building a Value first would cost more than writing it.
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "base/json.h"

namespace gvm::json {

// The caller opens and closes in pairs, and begins every member of an object with key(); commas and
// escapes are the writer's. Writes as json::write does. Keeps a reference to `out`, and appends.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name) {
    string(name);
    out_ += ':';
    behind_value_ = false;
  }
  void string(std::string_view text) {
    separate();
    write_string_to(out_, text);
  }
  template <std::integral T>
  void number(T n) {
    separate();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out_.append(digits, end);
  }
  void boolean(bool b) {
    separate();
    out_ += b ? "true" : "false";
  }
  void null() {
    separate();
    out_ += "null";
  }
  void value(const Value& value) {
    separate();
    write_to(out_, value);
  }
  // `n` is finite.
  void real(double n) {
    separate();
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out_.append(digits, end);
  }

 private:
  void separate() {
    if (behind_value_) out_ += ',';
    behind_value_ = true;
  }
  void open(char bracket) {
    separate();
    out_ += bracket;
    behind_value_ = false;
  }
  void close(char bracket) {
    out_ += bracket;
    behind_value_ = true;
  }

  std::string& out_;
  bool behind_value_ = false;
};

}  // namespace gvm::json
