#include "audit/append_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "audit/files.h"

namespace gvm::audit {

Result<AppendFile> AppendFile::create(const std::filesystem::path& path,
                                      const store::DiskCalls& disk) {
  AppendFile made;
  made.path_ = path;
  made.disk_ = &disk;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  made.file_ = Fd(::open(path.c_str(), kFlags, 0600));
  if (!made.file_) return fail(disk_error(errno, path.string()));
  // Tells readers that its end is not the end of the chain.
  (void)::flock(made.file_.get(), LOCK_EX | LOCK_NB);
  return made;
}

Result<void> AppendFile::append(std::string_view bytes) {
  if (torn_)
    if (auto ok = cut(size_); !ok) return ok;
  for (auto rest = bytes; !rest.empty();) {
    const auto count = disk_->write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int number = count < 0 ? errno : ENOSPC;
      torn_ = rest.size() != bytes.size();
      if (torn_) (void)cut(size_);
      return fail(disk_error(number, path_.string()));
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  size_ += bytes.size();
  dirty_ = dirty_ || !bytes.empty();
  return {};
}

Result<void> AppendFile::cut(std::uint64_t size) {
  torn_ = true;
  size_ = size;
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    return fail(disk_error(errno, path_.string()));
  torn_ = false;
  return {};
}

Result<void> AppendFile::sync() {
  if (!dirty_) return {};
  if (disk_->sync(file_.get()) != 0) return fail(disk_error(errno, path_.string()));
  dirty_ = false;
  return {};
}

}  // namespace gvm::audit
