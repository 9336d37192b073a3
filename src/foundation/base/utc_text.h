#pragma once
// Points in time as RFC 3339 texts in UTC.
#include <chrono>
#include <cstdint>
#include <string>

namespace gvm {

// "2025-01-31T00:00:00Z" of seconds since 1970; "never" outside the years 0 to 9999, which RFC 3339
// cannot write.
std::string utc_text(std::int64_t seconds);

// With milliseconds: "2025-01-31T00:00:00.123Z".
std::string utc_text(std::chrono::system_clock::time_point when);

}  // namespace gvm
