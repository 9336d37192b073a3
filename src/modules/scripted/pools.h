#pragma once
// Prepared Lua states for a module's sessions: one pool per lane, used by that lane only.
#include <memory>
#include <vector>

#include "net/lane.h"
#include "script/script.h"

namespace gvm::scripted {

class Pools {
 public:
  // `kept`: vm_count, divided among the lanes.
  Pools(std::size_t lanes, std::size_t kept) : pools_(lanes), kept_(kept) {}

  // Created by the lane's first session, so that an idle module has no Lua state.
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
