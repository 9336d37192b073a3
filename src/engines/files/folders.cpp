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
#include <utility>
#include <vector>

#include "files/own_files.h"

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

// A descriptor that only names a file: opening it has no effect on the file, and neither has
// closing it.
constexpr int kName = O_PATH | O_CLOEXEC;

// The module keeps its own files where scripts may write: both mean data_dir.
OwnFiles own_files_of(const std::vector<Folder>& folders) {
  std::vector<std::string> writable;
  for (const Folder& folder : folders)
    if (folder.writable) writable.push_back(folder.path);
  return OwnFiles(std::move(writable));
}

// 0 when a script may open it, else the errno.
int judge(const struct stat& file, const OwnFiles& own, bool is_link) {
  if (S_ISDIR(file.st_mode)) return EISDIR;
  if (!S_ISREG(file.st_mode)) return EACCES;
  const bool other_names = is_link || file.st_nlink > 1;
  return other_names && own.is_linked(file) ? EPERM : 0;
}

// One file beneath an open folder.
struct Place {
  int folder;
  const fs::path& beneath;
  Fd parent;
  std::string name;  // in `parent`

  bool is_link() const {
    struct stat file{};
    return ::fstatat(parent.get(), name.c_str(), &file, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(file.st_mode);
  }
};

std::expected<Place, int> place_of(int folder, const fs::path& beneath) {
  const fs::path above = beneath.has_parent_path() ? beneath.parent_path() : fs::path(".");
  auto parent = open_beneath(folder, above, kName | O_DIRECTORY);
  if (!parent) return failed(parent.error());
  return Place{folder, beneath, std::move(*parent), beneath.filename().string()};
}

std::expected<Fd, int> open_existing(const Place& place, Mode mode, const OwnFiles& own) {
  const bool is_link = place.is_link();
  const auto named = open_beneath(place.folder, place.beneath, kName);
  struct stat file{};
  if (!named) return failed(named.error());
  if (::fstat(named->get(), &file) != 0) return failed(errno);
  if (const int error = judge(file, own, is_link); error != 0) return failed(error);
  auto opened = open_beneath(place.folder, place.beneath, flags_of(mode) & ~O_CREAT);
  // It may be another one by now.
  if (!opened) return opened;
  if (::fstat(opened->get(), &file) != 0) return failed(errno);
  if (const int error = judge(file, own, is_link); error != 0) return failed(error);
  return opened;
}

// A link that leads nowhere makes no file elsewhere.
std::expected<Fd, int> open_new(const Place& place, Mode mode) {
  return open_beneath(place.parent.get(), place.name, flags_of(mode) | O_EXCL | O_NOFOLLOW);
}

std::expected<Fd, int> open_at(const Place& place, Mode mode, const OwnFiles& own) {
  if (own.has_name(place.parent.get(), place.name)) return failed(EPERM);
  constexpr int kTries = 2;  // another session may make the file between the two calls
  for (int i = 0; i < kTries; ++i) {
    auto file = open_existing(place, mode, own);
    if (file || file.error() != ENOENT || !mode.create) return file;
    auto made = open_new(place, mode);
    if (made || made.error() != EEXIST) return made;
  }
  return failed(EACCES);
}

std::expected<Fd, int> open_in(const Folder& folder, const fs::path& beneath, Mode mode,
                               const OwnFiles& own) {
  if (folder.writable && mode.write) {
    std::error_code ignored;
    fs::create_directories(folder.path, ignored);
  }
  const Fd at(::open(folder.path.c_str(), kName | O_DIRECTORY));
  if (!at) return failed(errno);
  const auto place = place_of(at.get(), beneath);
  if (!place) return failed(place.error());
  auto file = open_at(*place, mode, own);
  if (!file) return failed(file.error() == ENXIO ? EACCES : file.error());
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
    auto file = open_in(folder, *left, mode, own_files_of(folders_));
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
    auto file = open_in(folder, normal, mode, own_files_of(folders_));
    if (file || file.error() != ENOENT) return file;
    error = ENOENT;
  }
  auto file = open_absolute(absolute(normal.string()), mode);
  if (file || file.error() != EACCES) return file;
  return failed(error);
}

}  // namespace gvm::files
