#pragma once
// Warm Lua states for a module's sessions, one pool a lane, each touched by its own lane only.
#include <memory>
#include <vector>

#include "net/lane.h"
#include "script/script.h"

namespace gvm::scripted {

class Pools {
 public:
  // `kept`: vm_count, shared out over the lanes.
  Pools(std::size_t lanes, std::size_t kept) : pools_(lanes), kept_(kept) {}

  // Made by the lane's first session: an idle module keeps no Lua state.
  script::SessionPool& of(net::Lane& lane, const std::shared_ptr<const script::Program>& program) {
    auto& pool = pools_[lane.index()];
    if (!pool) {
      const std::size_t share = (kept_ + pools_.size() - 1) / pools_.size();
      pool = std::make_unique<script::SessionPool>(program, lane.executor(), share);
    }
    return *pool;
  }

 private:
  std::vector<std::unique_ptr<script::SessionPool>> pools_;
  std::size_t kept_;
};

}  // namespace gvm::scripted
