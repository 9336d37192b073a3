#include "scripted/open_session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "script/off_lane.h"

namespace gvm::scripted {
namespace {

using namespace std::chrono_literals;

bool memory_returns_after(std::uint64_t before) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < give_up) {
    if (script::free_memory_returns() > before) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST(OpenSession, MemoryGoesBackWhenMostOfAWaveHasEnded) {
  const auto background = script::keep_background();
  for (int wave = 0; wave < 2; ++wave) {
    std::vector<std::unique_ptr<OpenSession>> open;
    for (int i = 0; i < 64; ++i) open.push_back(std::make_unique<OpenSession>());
    const auto before = script::free_memory_returns();
    open.resize(8);
    EXPECT_TRUE(memory_returns_after(before)) << wave;
  }
}

}  // namespace
}  // namespace gvm::scripted
