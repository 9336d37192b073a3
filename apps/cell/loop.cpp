#include "apps/cell/loop.h"

#include <sys/epoll.h>

#include <array>

namespace gvm::cell {

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

void Loop::add(int fd, std::uint32_t events, Handler handler) {
  handlers_[fd] = std::make_shared<Handler>(std::move(handler));
  epoll_event event{.events = events, .data = {.fd = fd}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Loop::change(int fd, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
}

void Loop::run() {
  // One event at a time: a handler may close a file descriptor, and the next one may get its
  // number.
  std::array<epoll_event, 1> events{};
  while (running_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), 1, -1);
    if (count <= 0) continue;
    const auto found = handlers_.find(events[0].data.fd);
    if (found == handlers_.end()) continue;
    const auto handler = found->second;
    (*handler)(events[0].events);
  }
}

}  // namespace gvm::cell
