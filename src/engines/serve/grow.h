#pragma once
// How a message grows while it is read: in steps that follow what has come, without clearing memory
// first.
#include <algorithm>
#include <cstddef>
#include <string>

#include "base/size.h"

namespace gvm::serve {

// Room for one read when `filled` bytes are here: doubling, so that a large message costs few reads
// and copies, but never much more than what the peer has really sent.
inline std::size_t next_room(std::size_t filled) {
  constexpr std::size_t kFirst = 1536;  // most prompts fit
  constexpr std::size_t kMost = 1 * kMiB;
  return std::clamp(filled, kFirst, kMost);
}

// Makes `text` `filled + room` bytes long; what is new is not initialised.
inline void extend(std::string& text, std::size_t filled, std::size_t room) {
  const std::size_t size = filled + room;
  if (text.capacity() < size) text.reserve(std::max(size, 2 * filled));
  text.resize_and_overwrite(size, [size](char*, std::size_t) { return size; });
}

}  // namespace gvm::serve
