#pragma once
// Prepared Lua states for a module's sessions: one pool per lane, used by that lane only.
#include <atomic>
#include <boost/asio/post.hpp>
#include <memory>

#include "net/per_lane.h"
#include "script/script.h"

namespace gvm::scripted {

class Pools : public std::enable_shared_from_this<Pools> {
 public:
  // `kept`: vm_count, divided among the lanes. `lanes` outlives it.
  Pools(net::Lanes& lanes, std::shared_ptr<const script::Program> program, std::size_t kept)
      : lanes_(lanes),
        program_(std::move(program)),
        kept_((kept + lanes.size() - 1) / lanes.size()),
        pools_(lanes) {}

  // Created by the lane's first session, so that an idle module has no Lua state. The pool is the
  // lane's until it serves others again: no session keeps it.
  script::SessionPool& of(net::Lane& lane) {
    return pools_.of(lane, [&] {
      return std::make_unique<script::SessionPool>(program_, lane.executor(),
                                                   kept_.load(std::memory_order_relaxed));
    });
  }
  // From any thread. No new sessions come: states that wait for some are given up, and sessions
  // that have not asked for theirs yet get a fresh one.
  void retire() {
    kept_.store(0, std::memory_order_relaxed);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      net::Lane& lane = lanes_.at(i);
      boost::asio::post(lane.executor(),
                        [self = shared_from_this(), &lane] { self->pools_.drop(lane); });
    }
  }

 private:
  net::Lanes& lanes_;
  std::shared_ptr<const script::Program> program_;
  std::atomic<std::size_t> kept_;  // a lane
  net::PerLane<script::SessionPool> pools_;
};

}  // namespace gvm::scripted
