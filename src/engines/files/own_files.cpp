#include "files/own_files.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <memory>

namespace gvm::files {
namespace {

// docs/audit.md: records and what lies beside them, in a folder of data_dir.
constexpr std::string_view kAuditFile = "audit-";
constexpr std::string_view kAuditFolder = "/audit";

// Records of the audit and what lies beside them (audit/files.h).
bool is_of_audit(std::string_view name) {
  return name.starts_with(kAuditFile) && (name.ends_with(".jsonl") || name.ends_with(".texts"));
}

bool is_own_name(std::string_view name) {
  if (is_of_audit(name)) return true;
  if (name == kLedgerLock || name.starts_with(kLedgerJournal)) return true;
  if (!name.starts_with(kLedgerFile)) return false;
  name.remove_prefix(kLedgerFile.size());
  return name.empty() || std::ranges::find(kBesideDatabase, name) != kBesideDatabase.end();
}

bool same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool holds(int folder, std::string_view name) {
  struct stat file{};
  return ::fstatat(folder, std::string(name).c_str(), &file, AT_SYMLINK_NOFOLLOW) == 0;
}

bool is_at(const std::string& path, int folder) {
  struct stat given{};
  struct stat found{};
  return ::fstat(folder, &given) == 0 && ::stat(path.c_str(), &found) == 0 && same(given, found);
}

bool holds_under_own_name(const std::string& data_dir, const struct stat& file) {
  if (!data_dir.ends_with(kAuditFolder) &&
      holds_under_own_name(data_dir + std::string(kAuditFolder), file))
    return true;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(data_dir.c_str()), &::closedir);
  if (folder == nullptr) return false;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (!is_own_name(entry->d_name)) continue;  // d_ino is not st_ino on every file system
    struct stat own{};
    const int found = ::fstatat(::dirfd(folder.get()), entry->d_name, &own, AT_SYMLINK_NOFOLLOW);
    if (found == 0 && same(own, file)) return true;
  }
  return false;
}

}  // namespace

bool OwnFiles::is_ledger_folder(int folder) const {
  const auto is_it = [folder](const std::string& path) { return is_at(path, folder); };
  return std::ranges::any_of(data_dirs_, is_it) ||
         (holds(folder, kLedgerFile) && holds(folder, kLedgerLock));
}

bool OwnFiles::has_name(int parent, std::string_view name) const {
  if (data_dirs_.empty()) return false;
  return is_of_audit(name) || (is_own_name(name) && is_ledger_folder(parent));
}

bool OwnFiles::is_linked(const struct stat& file) const {
  return std::ranges::any_of(data_dirs_, [&](const std::string& data_dir) {
    return holds_under_own_name(data_dir, file);
  });
}

}  // namespace gvm::files
