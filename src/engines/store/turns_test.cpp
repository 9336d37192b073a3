#include "store/turns.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace gvm::store {
namespace {

TEST(Turns, KeepTheThreadsPolicyAndNiceness) {
  std::thread([] {
    ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 5), 0);  // of this thread alone
    const int policy = ::sched_getscheduler(0);
    keep_turns_short();
    EXPECT_EQ(::sched_getscheduler(0), policy);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), 5);
  }).join();
}

}  // namespace
}  // namespace gvm::store
