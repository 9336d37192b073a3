#include "support/paths.h"

namespace gvm::test {

std::string source_dir() {
  return GVM_SOURCE_DIR;
}
std::string binary_dir() {
  return GVM_BINARY_DIR;
}

}  // namespace gvm::test
