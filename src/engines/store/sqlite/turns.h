#pragma once

namespace gvm::store::sqlite {

// The name of a VFS for sqlite3_open_v2: the system's own, which offers the core between two writes
// (store/turns.h). A commit writes some hundred pages without a pause, a checkpoint a thousand.
const char* vfs_that_takes_turns();

}  // namespace gvm::store::sqlite
