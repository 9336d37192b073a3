#include "e2e/neighbour.h"

#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"

namespace gvm::e2e {
namespace {

// An answer takes milliseconds; this much a busy machine may add.
constexpr std::chrono::milliseconds kOnTime{1000 * kSlowness};

}  // namespace

Neighbour::Neighbour(std::uint16_t port) : thread_([this, port] { ask_until_stopped(port); }) {}

Neighbour::~Neighbour() {
  stop();
}

void Neighbour::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Neighbour::ask_until_stopped(std::uint16_t port) {
  try {
    GenVm genvm(port);
    for (;;) {
      const auto began = std::chrono::steady_clock::now();
      const Reply reply = genvm.ask(prompt("neighbour"));
      const auto spent = std::chrono::steady_clock::now() - began;
      const std::lock_guard lock(mutex_);
      if (!reply.ok()) throw std::runtime_error(reply.shown);
      worst_ = std::max(worst_, spent);
      ++answers_;
      if (stop_) return;
    }
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
}

void Neighbour::expect_on_time() {
  stop();
  EXPECT_EQ(failure_, "");
  EXPECT_GT(answers_, 0);
  EXPECT_LT(worst_, kOnTime) << "of " << answers_ << " answers";
}

}  // namespace gvm::e2e
