#include "apps/start_memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace gvm::apps {
namespace {

// One mapping of proc(5)'s smaps.
struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool clean_file = false;  // of a file, not writable
};

// "55d0c0a00000-55d0c0b00000 r-xp 00000000 fe:00 1234   /usr/bin/program"
std::optional<Mapping> parse_head(std::string_view line) {
  Mapping out;
  const char* const end = line.data() + line.size();
  const auto begin = std::from_chars(line.data(), end, out.begin, 16);
  if (begin.ec != std::errc() || begin.ptr == end || *begin.ptr != '-') return std::nullopt;
  const auto stop = std::from_chars(begin.ptr + 1, end, out.end, 16);
  if (stop.ec != std::errc() || end - stop.ptr < 5 || *stop.ptr != ' ') return std::nullopt;
  const std::string_view rights(stop.ptr + 1, 4);
  const bool named = line.find(" /") != line.npos;
  out.clean_file = named && rights[1] == '-' && rights[3] == 'p';
  return out;
}

}  // namespace

void release_start_memory() {
  ::malloc_trim(0);
  std::ifstream smaps("/proc/self/smaps");
  Mapping mapping;
  for (std::string line; std::getline(smaps, line);) {
    if (const auto head = parse_head(line)) {
      mapping = *head;
      continue;
    }
    // Relocated pages (RELRO) are the process' own and would be lost.
    constexpr std::string_view kOwn = "Anonymous:";
    if (!mapping.clean_file || !line.starts_with(kOwn)) continue;
    const auto digit = line.find_first_not_of(' ', kOwn.size());
    if (digit == line.npos || line.compare(digit, 2, "0 ") != 0) continue;
    (void)::madvise(reinterpret_cast<void*>(mapping.begin), mapping.end - mapping.begin,
                    MADV_DONTNEED);
  }
}

}  // namespace gvm::apps
