#include "store/turns.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "base/deadline.h"

namespace gvm::store {
namespace {

constexpr std::chrono::microseconds kLongest{50};
constexpr std::chrono::nanoseconds kSlice = std::chrono::microseconds(100);  // Linux takes no less

// sched_setattr(2) of version 0; glibc has no declaration of it before 2.41.
struct SchedAttributes {
  std::uint32_t size = sizeof(SchedAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

}  // namespace

void keep_turns_short() {
  constexpr std::uint64_t kKeepPolicy = 0x08;  // SCHED_FLAG_KEEP_POLICY
  SchedAttributes wanted;
  wanted.flags = kKeepPolicy;
  wanted.nice = ::getpriority(PRIO_PROCESS, 0);
  wanted.runtime = kSlice.count();
  (void)::syscall(SYS_sched_setattr, 0, &wanted, 0U);
}

void end_of_piece() {
  thread_local Clock::time_point began{};
  if (Clock::now() - began < kLongest) return;
  (void)::sched_yield();
  began = Clock::now();
}

}  // namespace gvm::store
