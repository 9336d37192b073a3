#include "store/sqlite/turns.h"

#include <sqlite3.h>

#include <deque>
#include <mutex>

#include "store/turns.h"

namespace gvm::store::sqlite {
namespace {

// The methods of one kind of file with another xWrite; SQLite keeps a pointer to the first member.
struct Methods {
  sqlite3_io_methods ours;
  const sqlite3_io_methods* base;
};

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  const auto* methods = reinterpret_cast<const Methods*>(file->pMethods);
  const int result = methods->base->xWrite(file, bytes, size, at);
  end_of_piece();
  return result;
}

// There are a few kinds: with locks, without. They live as long as the process, as SQLite's do.
const sqlite3_io_methods* with_turns(const sqlite3_io_methods* base) {
  static std::mutex mutex;
  static std::deque<Methods> known;
  const std::lock_guard lock(mutex);
  for (const auto& each : known)
    if (each.base == base) return &each.ours;
  auto& made = known.emplace_back(Methods{*base, base});
  made.ours.xWrite = write;
  return &made.ours;
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* const base = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int result = base->xOpen(base, name, file, flags, flags_out);
  if (result == SQLITE_OK) file->pMethods = with_turns(file->pMethods);
  return result;
}

}  // namespace

const char* vfs_that_takes_turns() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs* const base = sqlite3_vfs_find(nullptr);
    sqlite3_vfs made = *base;
    made.zName = "gvm-turns";
    made.pNext = nullptr;
    made.pAppData = base;
    made.xOpen = open;
    return made;
  }();
  static const int kRegistered = sqlite3_vfs_register(&vfs, 0);
  return kRegistered == SQLITE_OK ? vfs.zName : nullptr;  // null: the system's own
}

}  // namespace gvm::store::sqlite
