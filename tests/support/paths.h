#pragma once
// Where the sources and the built programs are. Kept out of the compile flags, so that two
// checkouts share a compile cache.
#include <string>

namespace gvm::test {

std::string source_dir();  // the project's root, without a slash at the end
std::string binary_dir();  // of the preset under test, e.g. ROOT/build/dev

}  // namespace gvm::test
