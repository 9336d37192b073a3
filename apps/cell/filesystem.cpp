#include "apps/cell/filesystem.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace gvm::cell {
namespace {

namespace fs = std::filesystem;
using Problem = std::optional<std::string>;

// Mounted read only. With a merged /usr the others are links.
constexpr std::string_view kPrograms[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"};
constexpr std::string_view kSettings[] = {
    "/etc/fonts",      "/etc/ssl",          "/etc/alternatives",    "/etc/ld.so.cache",
    "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/var/cache/fontconfig"};
constexpr std::string_view kDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                         "/dev/urandom"};
// The folders in which builds of Chromium and Chrome look for managed policies.
constexpr std::string_view kPolicyFolders[] = {"/etc/chromium/policies/managed",
                                               "/etc/opt/chrome/policies/managed"};

constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV;

std::string failed(std::string_view what, std::string_view path) {
  return std::string(what) + " " + std::string(path) + ": " + std::strerror(errno);
}

class Builder {
 public:
  explicit Builder(const browser::CellSpec& spec) : spec_(spec), root_(spec.folder + "/root") {}

  Problem run() {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      return failed("making private", "/");
    fs::create_directory(root_);
    if (::mount("cell", root_.c_str(), "tmpfs", kPlain, "mode=755,size=4m") != 0)
      return failed("mounting", root_);
    for (const auto step : {&Builder::mount_own, &Builder::bring_programs, &Builder::bring_devices,
                            &Builder::write_settings, &Builder::change_root}) {
      if (auto problem = (this->*step)()) return problem;
    }
    return std::nullopt;
  }

 private:
  std::string inside(std::string_view path) const { return root_ + std::string(path); }

  // Mounts read only, with everything mounted below; flags of the outer mounts stay.
  Problem bind(std::string_view path, std::uint64_t flags) {
    const std::string from(path);
    const std::string to = inside(path);
    if (fs::is_directory(from)) {
      fs::create_directories(to);
    } else {
      fs::create_directories(fs::path(to).parent_path());
      const std::ofstream make(to);
    }
    if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
      return failed("binding", path);
    mount_attr attributes{};
    attributes.attr_set = flags;
    if (::mount_setattr(AT_FDCWD, to.c_str(), AT_RECURSIVE, &attributes, sizeof(attributes)) != 0)
      return failed("restricting", path);
    return std::nullopt;
  }

  Problem bring(std::string_view path) {
    if (fs::is_symlink(path)) {
      fs::create_symlink(fs::read_symlink(path), inside(path));
      return std::nullopt;
    }
    if (!fs::exists(path)) return std::nullopt;
    return bind(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  }

  Problem bring_programs() {
    for (const auto path : kPrograms) {
      if (auto problem = bring(path)) return problem;
    }
    for (const auto path : kSettings) {
      if (auto problem = bring(path)) return problem;
    }
    for (const auto& program : {spec_.browser, spec_.driver}) {
      const std::string folder = fs::path(program).parent_path();
      if (fs::exists(inside(folder))) continue;
      if (auto problem = bring(folder)) return problem;
    }
    return std::nullopt;
  }

  Problem bring_devices() {
    for (const auto path : kDevices) {
      if (auto problem = bind(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)) return problem;
    }
    return std::nullopt;
  }

  void write(std::string_view path, std::string_view text) {
    fs::create_directories(fs::path(inside(path)).parent_path());
    std::ofstream(inside(path)) << text;
  }

  Problem write_settings() {
    write("/etc/passwd", "nobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin\n");
    write("/etc/group", "nogroup:x:65534:\n");
    write("/etc/hosts", "127.0.0.1 localhost\n");
    write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
    write("/etc/resolv.conf", "");
    for (const auto folder : kPolicyFolders)
      write(std::string(folder) + "/cell.json", spec_.managed_policy);
    return std::nullopt;
  }

  Problem mount_own() {
    for (const auto path : {"/proc", "/tmp", "/dev/shm"}) fs::create_directories(inside(path));
    if (::mount("proc", inside("/proc").c_str(), "proc", kPlain | MS_NOEXEC, nullptr) != 0)
      return failed("mounting", "/proc");
    const std::string size = "mode=1777,size=" + std::to_string(spec_.scratch_bytes);
    for (const auto path : {"/tmp", "/dev/shm"}) {
      if (::mount("cell", inside(path).c_str(), "tmpfs", kPlain | MS_NOEXEC, size.c_str()) != 0)
        return failed("mounting", path);
    }
    return std::nullopt;
  }

  Problem change_root() {
    if (::chdir(root_.c_str()) != 0) return failed("entering", root_);
    // Old and new root are mounted at the same place: the old one is on top, and is unmounted.
    if (::syscall(SYS_pivot_root, ".", ".") != 0) return failed("changing root to", root_);
    if (::umount2(".", MNT_DETACH) != 0) return failed("leaving", "the old root");
    if (::chdir("/") != 0) return failed("entering", "/");
    if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kPlain, nullptr) != 0)
      return failed("restricting", "/");
    return std::nullopt;
  }

  const browser::CellSpec& spec_;
  std::string root_;
};

}  // namespace

Problem build_filesystem(const browser::CellSpec& spec) {
  ::umask(022);
  try {
    return Builder(spec).run();
  } catch (const std::exception& error) {
    return std::string(error.what());
  }
}

std::size_t used_bytes(const char* path) {
  struct statvfs stats{};
  if (::statvfs(path, &stats) != 0) return 0;
  return (stats.f_blocks - stats.f_bfree) * stats.f_frsize;
}

}  // namespace gvm::cell
