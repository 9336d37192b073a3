#include "scripted/open_session.h"

#include <atomic>
#include <cstddef>

#include "script/off_lane.h"

namespace gvm::scripted {

namespace {

constexpr std::size_t kWave = 32;  // fewer sessions leave little
constexpr std::size_t kMost = 4;   // of a wave all but one in so many have ended

std::atomic<std::size_t> open_now = 0;
std::atomic<std::size_t> most_open = 0;  // since memory was last given back

}  // namespace

// Lanes may count at the same time: then a wave is noticed one session later.
OpenSession::OpenSession() {
  const std::size_t now = ++open_now;
  if (now > most_open) most_open = now;
}

OpenSession::~OpenSession() {
  const std::size_t now = --open_now;
  const std::size_t most = most_open;
  if (most < kWave || now > most / kMost) return;
  most_open = now;
  script::return_free_memory();
}

}  // namespace gvm::scripted
