#pragma once
// A small epoll loop. Handlers may add and remove descriptors, their own included.
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
  // Level triggered. `events` as epoll has them.
  void add(int fd, std::uint32_t events, Handler handler);
  void change(int fd, std::uint32_t events);
  // Before `fd` is closed.
  void remove(int fd);
  // Until stop().
  void run();
  void stop() { running_ = false; }

 private:
  Fd epoll_;
  bool running_ = true;
  std::unordered_map<int, std::shared_ptr<Handler>> handlers_;
};

}  // namespace gvm::cell
