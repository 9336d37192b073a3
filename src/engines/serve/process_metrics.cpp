#include "serve/process_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>

#include "base/fd.h"

namespace gvm::serve {
namespace {

using metrics::Type;

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// The number of that place (from 0) in a line of /proc.
std::optional<std::uint64_t> number_at(std::string_view line, std::size_t place) {
  for (; place > 0; --place) {
    const auto space = line.find(' ');
    if (space == line.npos) return std::nullopt;
    line.remove_prefix(space + 1);
  }
  std::uint64_t number = 0;
  const auto read = std::from_chars(line.data(), line.data() + line.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> number_in(const char* path, std::size_t place) {
  const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  const auto size = file ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  if (size <= 0) return std::nullopt;
  std::string_view line(buffer.data(), static_cast<std::size_t>(size));
  // The program's name may hold spaces (proc(5), /proc/pid/stat).
  if (const auto name_end = line.rfind(')'); name_end != line.npos)
    line.remove_prefix(name_end + 2);
  return number_at(line, place);
}

// Without the one that this takes.
std::optional<std::uint64_t> open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  if (folder == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (const auto* entry = ::readdir(folder.get())) count += entry->d_name[0] == '.' ? 0 : 1;
  return count > 0 ? count - 1 : 0;
}

void gauge(metrics::Exposition& out, std::string_view name, std::string_view help,
           std::optional<std::uint64_t> value) {
  if (value) out.family(name, Type::gauge, help).sample(*value);
}

}  // namespace

void write_process_metrics(metrics::Exposition& out) {
  constexpr std::size_t kResidentPages = 1;  // in statm
  constexpr std::size_t kThreads = 17;       // in stat, behind the name
  out.family("process_cpu_seconds_total", Type::counter, "Processor time of the process.")
      .sample(cpu_seconds());
  auto resident = number_in("/proc/self/statm", kResidentPages);
  if (resident) *resident *= static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  gauge(out, "process_resident_memory_bytes", "Memory of the process, code among it.", resident);
  gauge(out, "process_threads", "Threads of the process.", number_in("/proc/self/stat", kThreads));
  gauge(out, "process_open_fds", "Open file descriptors.", open_descriptors());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    gauge(out, "process_max_fds", "File descriptors that may be open.", limit.rlim_cur);
}

}  // namespace gvm::serve
