#pragma once
// The file system inside a cell: programs, libraries and fonts to read, a private folder to write
// to, and nothing else of the machine.
#include <optional>
#include <string>

#include "browser/cell_protocol.h"

namespace gvm::cell {

inline constexpr const char* kPrivateFolder = "/tmp";

// To be called in a mount namespace of its own, with the right to mount. Returns what went wrong;
// empty on success.
std::optional<std::string> build_filesystem(const browser::CellSpec& spec);

// Bytes used on the file system of `path`.
std::size_t used_bytes(const char* path);

}  // namespace gvm::cell
