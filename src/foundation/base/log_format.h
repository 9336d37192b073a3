#pragma once
// The form of all lines that this process logs.
#include <cstdint>

namespace gvm::log {

enum class Format : std::uint8_t {
  json,    // an object a line
  pretty,  // "12:00:01.123 WARN  llm.serve  message  key=value"; for people, nothing reads it back
};

// Before the first line. JSON unless it is called.
void set_format(Format format);
Format format();

}  // namespace gvm::log
