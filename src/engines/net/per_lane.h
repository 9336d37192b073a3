#pragma once
// One object a lane, made when the lane first asks for it, used and destroyed on that lane's
// thread.
#include <atomic>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "net/lane.h"

namespace gvm::net {

template <class T>
class PerLane {
 public:
  explicit PerLane(Lanes& lanes)
      : lanes_(lanes), lanes_stopped_(lanes.stopped()), slots_(lanes.size()) {}
  // From any thread, once no lane uses the objects any more. Each is destroyed by its lane a little
  // later; here, when the lanes have been stopped. It may outlive stopped lanes.
  ~PerLane() {
    if (lanes_stopped_->load()) return;
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i]) dispose(lanes_.at(i), std::move(slots_[i]));
  }
  PerLane(const PerLane&) = delete;
  PerLane& operator=(const PerLane&) = delete;

  // On the lane's thread. `make` gives a std::unique_ptr<T>.
  template <class Make>
  T& of(Lane& lane, const Make& make) {
    auto& slot = slots_[lane.index()];
    if (!slot) slot = make();
    return *slot;
  }
  // On the lane's thread, which does not use the object any more. The next of() makes another one.
  void drop(const Lane& lane) { slots_[lane.index()].reset(); }

 private:
  static void dispose(Lane& lane, std::unique_ptr<T> object) {
    asio::post(lane.executor(), [object = std::move(object)]() mutable { object.reset(); });
  }

  Lanes& lanes_;
  std::shared_ptr<const std::atomic<bool>> lanes_stopped_;
  std::vector<std::unique_ptr<T>> slots_;  // by lane
};

}  // namespace gvm::net
