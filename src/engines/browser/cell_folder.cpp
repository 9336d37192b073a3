#include "browser/cell_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "base/deadline.h"
#include "base/error_codes.h"
#include "browser/cell.h"

namespace gvm::browser {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view kPrefix = "cell-";
constexpr auto kEndTimeout = 5s;  // the time in which killed processes must end
constexpr auto kEndPoll = 2ms;

std::unexpected<Error> refuse(const std::string& what) {
  Error error(codes::kCreatingSession, Fatality::fatal, what + ": " + std::strerror(errno));
  error.with("kind", Value::string("start"));
  return fail(std::move(error));
}

std::string read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Held while folders are created or removed, so that a folder is never removed before it is locked.
Fd lock_directory(const fs::path& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && ::flock(fd.get(), LOCK_EX) != 0) fd.reset();
  return fd;
}

Fd try_lock(const fs::path& path, int more_flags) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | more_flags, 0600));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

// In clock ticks since boot; distinguishes a process from a later one with the same process id.
// Field 22 of stat. The second field may contain any characters up to the last bracket.
std::string start_time(pid_t pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  const auto end = stat.rfind(')');
  if (end == stat.npos) return {};
  std::istringstream fields(stat.substr(end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return field;
}

std::set<pid_t> processes_of(const fs::path& folder) {
  std::set<pid_t> found;
  std::istringstream noted(read_all(folder / "pid"));
  pid_t pid = -1;
  std::string since;
  if (noted >> pid >> since && start_time(pid) == since) found.insert(pid);
  // Every process of a cell has its folder in its environment. Chromium's processes overwrite
  // theirs with their titles, but name their profile there.
  std::error_code ignored;
  const std::string mark = std::string("GVM_CELL=") + folder.string() + '\0';
  const auto link = fs::read_symlink(folder / "scratch", ignored);
  const std::string scratch = (ignored ? folder / "scratch" : link).string() + "/";
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    if (read_all(entry.path() / "environ").find(mark) != std::string::npos ||
        read_all(entry.path() / "cmdline").find(scratch) != std::string::npos)
      found.insert(pid);
  }
  return found;
}

void end_processes(const fs::path& folder) {
  const Deadline deadline = Deadline::in(kEndTimeout);
  for (auto left = processes_of(folder); !left.empty() && !deadline.expired();
       left = processes_of(folder)) {
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(kEndPoll);
  }
}

}  // namespace

Result<CellFolder> CellFolder::make(const fs::path& runtime_dir) {
  std::error_code error;
  fs::create_directories(runtime_dir, error);
  struct stat info{};
  if (::lstat(runtime_dir.c_str(), &info) != 0) return refuse(runtime_dir.string());
  errno = EPERM;
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid())
    return refuse(runtime_dir.string() + " is no folder of this user");
  ::chmod(runtime_dir.c_str(), 0700);
  const Fd all = lock_directory(runtime_dir);
  std::string name = runtime_dir / (std::string(kPrefix) + "XXXXXX");
  if (!all || ::mkdtemp(name.data()) == nullptr) return refuse(name);
  CellFolder folder;
  folder.path_ = name;
  folder.lock_ = try_lock(folder.path_ / "lock", O_CREAT);
  if (!folder.lock_) return refuse(name + "/lock");
  return folder;
}

void CellFolder::note_process(pid_t pid) const {
  std::ofstream(path_ / "pid") << pid << ' ' << start_time(pid);
}

bool wipe_cell_folder(const fs::path& folder) {
  std::error_code ignored;
  const auto link = folder / "scratch";
  if (fs::is_symlink(fs::symlink_status(link, ignored))) {
    const auto scratch = fs::read_symlink(link, ignored);
    fs::remove_all(scratch, ignored);
    if (fs::exists(scratch, ignored)) return false;
  }
  fs::remove_all(folder, ignored);
  return !fs::exists(folder, ignored);
}

void wipe_cell_folder_patiently(const fs::path& folder) {
  const Deadline deadline = Deadline::in(kEndTimeout);
  while (!wipe_cell_folder(folder) && !deadline.expired()) std::this_thread::sleep_for(kEndPoll);
}

std::size_t clean_leftovers(const fs::path& runtime_dir) {
  const Fd all = lock_directory(runtime_dir);
  if (!all) return 0;
  std::size_t count = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(runtime_dir, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const bool has_lock = fs::exists(entry.path() / "lock", ignored);
    const Fd lock = try_lock(entry.path() / "lock", 0);
    if (has_lock && !lock) continue;  // its owner is alive
    end_processes(entry.path());
    wipe_cell_folder_patiently(entry.path());
    ++count;
  }
  return count;
}

}  // namespace gvm::browser
