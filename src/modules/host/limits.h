#pragma once
// What a script may ask of the common host functions. One set for all sessions of a process.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/size.h"

namespace gvm::host {

struct RequestLimits {
  std::chrono::milliseconds default_timeout{120'000};  // whole exchange, all redirects included
  std::chrono::milliseconds longest_timeout{600'000};  // what a script may ask for
  std::size_t request_body_bytes = 32 * kMiB;
  std::size_t response_body_bytes = 32 * kMiB;  // response_body_max_size can only lower it
  std::size_t error_body_bytes = 64 * kKiB;  // of an answer kept in STATUS_NOT_OK and DESERIALIZING
  std::size_t header_count = 256;
  std::size_t header_bytes = 64 * kKiB;  // names and values of a request together
  unsigned redirects = 10;               // hops followed; one more is an error
};

struct HtmlLimits {
  // Longer documents are parsed on a thread of their own, while the session waits: a lane must not
  // stand still for longer than a script's slice. Parsing passes about 30 MB a second.
  std::size_t inline_bytes = 128 * kKiB;
  // Of one parsed where a call cannot wait: at the top level, in a coroutine.
  std::size_t unwaited_bytes = 1 * kMiB;
  std::size_t session_bytes = 48 * kMiB;  // of all parsed documents a session holds
};

struct PatternLimits {
  std::size_t pattern_bytes = 4 * kKiB;
  std::size_t program_bytes = 512 * kKiB;         // of one compiled pattern and its caches
  std::size_t cached_program_bytes = 256 * kKiB;  // a larger one is not kept
  std::size_t cached_patterns = 16;               // of one lane
  std::size_t text_bytes = 16 * kMiB;
  // Bytes of text times instructions of the program: what the slowest of RE2's matchers may do.
  std::uint64_t steps = 400'000'000;
  // More than this is done on a background thread, while the session waits: about 10 ms.
  std::uint64_t steps_on_lane = 2'000'000;
  std::size_t text_bytes_on_lane = 32 * kKiB;  // where all matches are looked for
  unsigned times_unwaited = 4;                 // so much more is done where a call cannot wait
  std::chrono::milliseconds search_time{500};  // of one call with many matches
  std::size_t matches = 100'000;
  std::size_t result_bytes = 32 * kMiB;
};

struct Limits {
  RequestLimits request;
  std::chrono::seconds longest_sleep{600};
  std::size_t random_bytes = 64 * kKiB;      // of one call
  std::size_t log_string_bytes = 16 * kKiB;  // longer strings of a log line are cut
};

}  // namespace gvm::host
