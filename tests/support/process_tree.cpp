#include "support/process_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <thread>

#include "base/fd.h"

namespace gvm::test {
namespace {

namespace fs = std::filesystem;

// A process may have ended after its folder was listed; it is then skipped.
std::string read_proc(pid_t pid, const char* name) {
  const Fd file(
      ::open(("/proc/" + std::to_string(pid) + "/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char chunk[4096];
  for (ssize_t count = 0; file && (count = ::read(file.get(), chunk, sizeof(chunk))) > 0;)
    text.append(chunk, static_cast<std::size_t>(count));
  return text;
}

struct Stat {
  char state = 'X';
  pid_t parent = -1;
};

Stat stat_of(pid_t pid) {
  const std::string text = read_proc(pid, "stat");
  Stat stat;
  const auto end = text.rfind(')');
  if (end == text.npos || end + 4 >= text.size()) return stat;
  stat.state = text[end + 2];
  std::from_chars(text.data() + end + 4, text.data() + text.size(), stat.parent);
  return stat;
}

bool runs(pid_t pid) {
  const char state = stat_of(pid).state;
  return state != 'X' && state != 'Z';
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    pid_t pid = -1;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    out.emplace(stat_of(pid).parent, pid);
  }
  return out;
}

}  // namespace

std::vector<pid_t> process_tree(pid_t root) {
  const auto children = children_by_parent();
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto it = begin; it != end; ++it) found.push_back(it->second);
  }
  std::erase_if(found, [](pid_t pid) { return !runs(pid); });
  return found;
}

std::string command_of(pid_t pid) {
  std::string text = read_proc(pid, "cmdline");
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::vector<pid_t> with_command(const std::vector<pid_t>& pids, std::string_view part) {
  std::vector<pid_t> out;
  for (const pid_t pid : pids) {
    if (command_of(pid).find(part) != std::string::npos) out.push_back(pid);
  }
  return out;
}

std::vector<pid_t> still_running(const std::vector<pid_t>& pids,
                                 std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    std::vector<pid_t> left = pids;
    std::erase_if(left, [](pid_t pid) { return !runs(pid); });
    if (left.empty() || std::chrono::steady_clock::now() >= end) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace gvm::test
