#pragma once
// Reads the fields of one map of a message, and remembers the first error with its path:
// "Prompt.payload.prompt: expected a string, found bytes". After an error all readers return empty
// values, so that a parser is a plain sequence of reads and one finish().
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/value.h"
#include "envelope/reading.h"

namespace gvm::envelope {

class Fields {
 public:
  // `value` must be a map; its contents are moved out as they are read. `code` is the error code
  // that failures get.
  Fields(Value value, std::string path, std::string_view code, Reading reading = Reading::strict);
  // The map that is the field `key` of `parent`; read like it.
  Fields(Fields& parent, std::string_view key);
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  Blob string(std::string_view key);
  // Absent and null are the same.
  Blob string_or(std::string_view key, std::string_view fallback);
  bool has(std::string_view key) const { return value_.find(key) != nullptr; }
  bool boolean_or(std::string_view key, bool fallback);
  Integer integer(std::string_view key);
  Integer non_negative(std::string_view key);
  // Absent and null are the same.
  std::optional<Blob> bytes_or_null(std::string_view key);
  // Absent is the same as empty.
  std::vector<Blob> list_of_bytes(std::string_view key);
  Value::Map map_of(Value::Kind kind, std::string_view key);
  // Any value; the parser checks it.
  Value any(std::string_view key);
  // The index in `names` of the string in field `key`.
  std::size_t one_of(std::string_view key, std::initializer_list<std::string_view> names,
                     std::optional<std::size_t> fallback = std::nullopt);

  // Reports an error that the parser found in field `key`.
  void complain(std::string_view key, std::string_view what);
  // The first error: of a read, or, when reading strictly, of a field that was never read.
  std::optional<Error> finish();
  std::optional<Error> finish_ignoring_unknown() { return std::move(error_); }

 private:
  Value* find(std::string_view key);
  Value* require(std::string_view key, Value::Kind kind);
  bool take_as(Value::Kind kind, Value& value) const;
  void expected(std::string_view key, std::string_view what, const Value& found);

  Value value_;
  Value::Map* map_ = nullptr;
  std::string path_;
  std::string_view code_;
  Reading reading_;
  std::vector<std::string_view> known_;
  std::optional<Error> error_;
};

// "a map", "an integer", for messages.
std::string with_article(Value::Kind kind);

}  // namespace gvm::envelope
