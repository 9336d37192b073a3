#pragma once
// Strict JSON text (RFC 8259) to Value. Writing is in base/json.h.
#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "base/value.h"

namespace gvm::text {

// How two members of one object with equal keys are treated.
enum class DuplicateKeys {
  last_wins,
  must_agree,  // refused unless their values are equal
};

// What becomes of a number that is written with a fraction or an exponent.
enum class Numbers {
  doubles,  // the nearest double
  // Nothing is rounded away: an integral one beyond 2^53 is an integer (1e23, 9007199254740993.0),
  // and one whose fraction a double would lose altogether is refused (12345678901234567890.5,
  // 1e-400).
  exact,
};

// What a text can make a careless writer put into a string.
enum class StringFaults {
  refuse,
  mend,  // an escape of half a surrogate pair is U+FFFD; a raw control character stays
};

struct JsonLimits {
  std::size_t depth = kMaxDepth;  // containers inside containers; over it: TOO_DEEP
  std::size_t integer_digits =
      4096;  // of one integer, as conversion to binary is super-linear; over it: TOO_LARGE
  DuplicateKeys duplicates = DuplicateKeys::last_wins;
  Numbers numbers = Numbers::doubles;
  StringFaults faults = StringFaults::refuse;
};

// Where the strings of the Value live.
enum class JsonStrings {
  copy,    // the Value stands alone
  borrow,  // strings without escapes are views into `text`, which the caller keeps alive
};

// One JSON text and nothing but white space around it. Integers are exact whatever their size; a
// number with a fraction or an exponent is a real, even 1.0 and 1e3; one too large for a double is
// refused, one too small becomes zero. Of equal keys the last wins, and escapes of lone surrogates
// and raw control characters are refused. The limits may say otherwise of numbers, keys and faults
// of strings. Refused as well: invalid UTF-8, a byte order mark. Errors: DESERIALIZING with the
// byte offset and what was expected there, TOO_DEEP, TOO_LARGE; all fatal.
Result<Value> parse_json(std::string_view text, JsonStrings strings = JsonStrings::copy,
                         const JsonLimits& limits = {});

struct JsonPrefix {
  Value value;
  std::size_t end = 0;  // offset behind it
};
// The JSON value `text` starts with, whatever stands behind it. `text` is valid UTF-8.
Result<JsonPrefix> parse_json_prefix(std::string_view text, const JsonLimits& limits = {});

}  // namespace gvm::text
