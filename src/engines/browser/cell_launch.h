#pragma once
// Starts `genvm-browser-cell` with the file descriptors that it expects.
#include <sys/types.h>

#include <filesystem>

#include "base/error.h"
#include "base/fd.h"
#include "browser/cell_folder.h"

namespace gvm::browser {

struct Launched {
  pid_t pid = -1;
  Fd process;  // a pidfd: readable once it has ended
  Fd control;  // the module's end; non-blocking
};

// CREATING_SESSION, kind start or missing.
Result<Launched> launch_cell(const std::filesystem::path& program, const CellFolder& folder);

}  // namespace gvm::browser
