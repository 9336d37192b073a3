#include "apps/cell/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace gvm::cell {
namespace {

std::string read_proc(pid_t pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(512, '\0');
  const ssize_t count = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

// "PID (NAME) STATE PPID ...": the name may contain any characters, including brackets.
pid_t parent_of(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const auto end = stat.rfind(')');
  if (end == stat.npos || end + 4 >= stat.size()) return -1;
  pid_t parent = -1;
  std::from_chars(stat.data() + end + 4, stat.data() + stat.size(), parent);
  return parent;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return out;
  while (const dirent* entry = ::readdir(folder)) {
    pid_t pid = -1;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    const auto parsed = std::from_chars(entry->d_name, end, pid);
    if (parsed.ec == std::errc() && parsed.ptr == end) out.push_back(pid);
  }
  ::closedir(folder);
  return out;
}

// In pages: resident, and the shared part of it.
std::pair<std::size_t, std::size_t> resident_of(pid_t pid) {
  const std::string statm = read_proc(pid, "statm");
  std::size_t numbers[3] = {};
  const char* at = statm.data();
  const char* end = at + statm.size();
  for (auto& number : numbers) {
    while (at != end && *at == ' ') ++at;
    at = std::from_chars(at, end, number).ptr;
  }
  return {numbers[1], numbers[2]};
}

}  // namespace

std::vector<pid_t> descendants(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : all_processes()) children.emplace(parent_of(pid), pid);
  std::vector<pid_t> found;
  std::vector<pid_t> open{root};
  while (!open.empty()) {
    const auto [begin, end] = children.equal_range(open.back());
    open.pop_back();
    for (auto it = begin; it != end; ++it) {
      found.push_back(it->second);
      open.push_back(it->second);
    }
  }
  return found;
}

Usage usage_of(const std::vector<pid_t>& processes) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  Usage usage;
  std::size_t largest_shared = 0;
  for (const pid_t pid : processes) {
    const auto [resident, shared] = resident_of(pid);
    usage.memory_bytes += (resident - std::min(resident, shared)) * page;
    largest_shared = std::max(largest_shared, shared * page);
  }
  usage.memory_bytes += largest_shared;
  usage.processes = processes.size();
  return usage;
}

void kill_descendants() {
  for (;;) {
    for (const pid_t pid : descendants(::getpid())) ::kill(pid, SIGKILL);
    // At least one must end now. Look again afterwards, because it may have started children
    // meanwhile.
    const pid_t ended = ::waitpid(-1, nullptr, 0);
    if (ended < 0 && errno == ECHILD) return;
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace gvm::cell
