#include "store/sqlite/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <fstream>

#include "files/own_files.h"
#include "store/codes.h"
#include "store/disk.h"

namespace gvm::store::sqlite {
namespace {

// "process 17 (genvm-llm)", as far as it is known.
std::string holder(const std::filesystem::path& path) {
  std::string pid;
  std::ifstream(path) >> pid;
  if (pid.empty() || pid.find_first_not_of("0123456789") != pid.npos) return "another process";
  std::string name;
  std::getline(std::ifstream("/proc/" + pid + "/comm"), name);
  return name.empty() ? "process " + pid : fmt::format("process {} ({})", pid, name);
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return fail(disk_error(failed.value(), folder.string()));
  const auto path = folder / files::kLedgerLock;
  FolderLock lock;
  lock.fd_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.fd_) return fail(disk_error(errno, path.string()));
  if (::flock(lock.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(disk_error(errno, path.string()));
    return fail(codes::kLedgerLocked, Fatality::fatal,
                fmt::format("{} holds the ledger in {}: one process owns a SQLite ledger, several "
                            "share one on PostgreSQL",
                            holder(path), folder.string()));
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(lock.fd_.get(), 0) != 0 ||
      ::pwrite(lock.fd_.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return fail(disk_error(errno, path.string()));
  return lock;
}

}  // namespace gvm::store::sqlite
