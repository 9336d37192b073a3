#include "clients/false_module.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace gvm::clients {
namespace {

int listening() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, generic, sizeof address) != 0 || ::listen(fd, 16) != 0)
    throw std::runtime_error("no listening socket");
  return fd;
}

}  // namespace

FalseModule::FalseModule(Script script) : script_(std::move(script)), listener_(listening()) {
  thread_ = std::thread([this] { serve(); });
}

FalseModule::~FalseModule() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  ::close(listener_);
}

std::string FalseModule::address() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

void FalseModule::serve() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    auto peer = test::WireClient::of_descriptor(fd);
    try {
      script_(peer);
    } catch (const std::exception&) {
      // The client has left, as several tests want it to.
    }
  }
}

}  // namespace gvm::clients
