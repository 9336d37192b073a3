#pragma once
// Compression for scripted answers.
#include <string>
#include <string_view>

namespace gvm::test {

// One gzip member (RFC 1952) of `plain`.
std::string gzip(std::string_view plain);

}  // namespace gvm::test
