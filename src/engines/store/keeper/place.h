#pragma once
// Where the keeper of a folder's ledger is found: an abstract Unix socket named after the folder's
// device and inode, so that no path is too long and no file is left behind. Only processes of the
// same user are believed.
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace gvm::store::keeper {

// Makes the folder when it is absent.
Result<std::string> place_of(const std::filesystem::path& folder);

// Empty descriptors when another keeper has the place, or nobody does.
Fd listen_at(const std::string& place);
Fd connect_to(const std::string& place);
// The process at the other end runs as this user, or as root.
bool is_trusted(int connection);

}  // namespace gvm::store::keeper
