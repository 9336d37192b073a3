#pragma once
// Which of the server's addresses a connection has come to.
#include <cstdint>

namespace gvm::serve {

enum class Door : std::uint8_t {
  sessions,  // bind_address
  admin,     // AdminOptions::address: for who watches the module, and nothing else
};

}  // namespace gvm::serve
