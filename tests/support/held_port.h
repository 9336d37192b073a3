#pragma once
#include <cstdint>
#include <string>

namespace gvm::test {

// A loopback port for a program that the test starts: no other socket gets its number meanwhile.
// The program must set SO_REUSEADDR, as our servers do.
class HeldPort {
 public:
  HeldPort();
  ~HeldPort();
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;
  std::uint16_t number() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

}  // namespace gvm::test
