#pragma once
// What a script may ask of the common host functions. One set for all sessions of a process.
#include <chrono>
#include <cstddef>

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

struct Limits {
  RequestLimits request;
  std::chrono::seconds longest_sleep{600};
  std::size_t random_bytes = 64 * kKiB;      // of one call
  std::size_t log_string_bytes = 16 * kKiB;  // longer strings of a log line are cut
};

}  // namespace gvm::host
