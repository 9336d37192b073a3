#pragma once
// The file system inside a cell: programs, libraries and fonts to read, a private folder to write
// to, and nothing else of the machine.
#include <optional>
#include <string>

#include "browser/cell_protocol.h"

namespace gvm::cell {

inline constexpr const char* kPrivateFolder = "/tmp";

// In a mount namespace of one's own, with the right to mount. What went wrong, if anything.
std::optional<std::string> build_filesystem(const browser::CellSpec& spec);

// Bytes used on the file system of `path`.
std::size_t used_bytes(const char* path);

}  // namespace gvm::cell
