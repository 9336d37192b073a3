#include "files/folders.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

namespace gvm::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestPath = 4096;
constexpr mode_t kNewFile = 0644;

std::unexpected<int> failed(int error) {
  return std::unexpected<int>(error);
}

// Without O_NONBLOCK, opening a FIFO would wait for its other end.
int flags_of(Mode mode) {
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  flags |= mode.read && mode.write ? O_RDWR : mode.write ? O_WRONLY : O_RDONLY;
  if (mode.create) flags |= O_CREAT;
  if (mode.append) flags |= O_APPEND;
  return flags;  // truncated only when it is a regular file
}

// Of kernels and sandboxes without openat2: no link at all is followed, on no part of the path.
std::expected<Fd, int> walk(int folder, const fs::path& beneath, int flags) {
  Fd at(::fcntl(folder, F_DUPFD_CLOEXEC, 0));
  if (!at) return failed(errno);
  for (auto part = beneath.begin(); part != beneath.end(); ++part) {
    const bool last = std::next(part) == beneath.end();
    const int how = last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    Fd next(::openat(at.get(), part->c_str(), how, kNewFile));
    if (!next) return failed(errno == ELOOP || (errno == ENOTDIR && !last) ? EACCES : errno);
    at = std::move(next);
  }
  return at;
}

std::expected<Fd, int> open_beneath(int folder, const fs::path& beneath, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? kNewFile : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  Fd file(static_cast<int>(::syscall(SYS_openat2, folder, beneath.c_str(), &how, sizeof how)));
  if (file) return file;
  const int error = errno;
  if (error == ENOSYS || error == EPERM) return walk(folder, beneath, flags);
  return failed(error == EXDEV || error == ELOOP ? EACCES : error);
}

std::expected<Fd, int> open_in(const Folder& folder, const fs::path& beneath, Mode mode) {
  if (folder.writable && mode.write) {
    std::error_code ignored;
    fs::create_directories(folder.path, ignored);
  }
  const Fd at(::open(folder.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at) return failed(errno);
  auto file = open_beneath(at.get(), beneath, flags_of(mode));
  if (!file) return failed(file.error() == ENXIO ? EACCES : file.error());
  struct stat status{};
  if (::fstat(file->get(), &status) != 0) return failed(errno);
  if (S_ISDIR(status.st_mode)) return failed(EISDIR);
  if (!S_ISREG(status.st_mode)) return failed(EACCES);
  if (mode.truncate && ::ftruncate(file->get(), 0) != 0) return failed(errno);
  return file;
}

// What is left of `path` beneath `folder`; empty when it does not lie inside.
std::optional<fs::path> beneath(const fs::path& folder, const fs::path& path) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  const bool inside = end == folder.end() || (std::next(end) == folder.end() && end->empty());
  if (!inside || rest == path.end()) return std::nullopt;
  fs::path left;
  for (auto part = rest; part != path.end(); ++part) left /= *part;
  return left;
}

std::string absolute(const std::string& path) {
  std::error_code error;
  return fs::absolute(path, error).lexically_normal().string();
}

std::string canonical(const std::string& path) {
  std::error_code error;
  return fs::weakly_canonical(path, error).string();
}

}  // namespace

std::expected<Fd, int> Folders::open_absolute(const std::string& path, Mode mode) const {
  int error = EACCES;
  for (const Folder& folder : folders_) {
    if (mode.write && !folder.writable) continue;
    // Scripts write the folder as it is configured, or as it really is.
    auto left = beneath(absolute(folder.path), path);
    if (!left) left = beneath(canonical(folder.path), path);
    if (!left) continue;
    auto file = open_in(folder, *left, mode);
    if (file || file.error() != ENOENT) return file;
    error = file.error();
  }
  return failed(error);
}

std::expected<Fd, int> Folders::open(std::string_view path, Mode mode) const {
  if (path.size() > kLongestPath) return failed(ENAMETOOLONG);
  if (path.empty()) return failed(ENOENT);
  if (path.find('\0') != path.npos) return failed(EINVAL);
  const fs::path normal = fs::path(path).lexically_normal();
  if (normal.is_absolute()) return open_absolute(normal.string(), mode);
  const bool leaves = normal.begin() != normal.end() && *normal.begin() == "..";
  int error = EACCES;
  for (const Folder& folder : folders_) {
    if (leaves || (mode.write && !folder.writable)) continue;
    auto file = open_in(folder, normal, mode);
    if (file || file.error() != ENOENT) return file;
    error = ENOENT;
  }
  auto file = open_absolute(absolute(normal.string()), mode);
  if (file || file.error() != EACCES) return file;
  return failed(error);
}

}  // namespace gvm::files
