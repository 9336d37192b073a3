#pragma once
// Hosts of URLs (URL Standard, 3.5 to 3.7).
#include <string>
#include <string_view>

namespace gvm::url {

enum class HostKind {
  domain,  // of special schemes: a domain or an address
  opaque,
};

// Appends the serialised host; nullptr, or a sentence saying what is wrong with it.
const char* append_host(std::string& out, std::string_view input, HostKind kind);

}  // namespace gvm::url
