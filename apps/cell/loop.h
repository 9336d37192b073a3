#pragma once
// A small epoll loop. Handlers may add and remove file descriptors, including their own.
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/fd.h"

namespace gvm::cell {

class Loop {
 public:
  using Handler = std::function<void(std::uint32_t events)>;

  Loop();
  // Level triggered. `events` are those of epoll.
  void add(int fd, std::uint32_t events, Handler handler);
  void change(int fd, std::uint32_t events);
  // To be called before `fd` is closed.
  void remove(int fd);
  // Runs until stop().
  void run();
  void stop() { running_ = false; }

 private:
  Fd epoll_;
  bool running_ = true;
  std::unordered_map<int, std::shared_ptr<Handler>> handlers_;
};

}  // namespace gvm::cell
