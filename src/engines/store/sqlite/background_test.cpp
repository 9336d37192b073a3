#include "store/sqlite/background.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace gvm::store::sqlite {
namespace {

TEST(Background, OnlyTheCallingThreadStandsBack) {
  const int nice_before = ::getpriority(PRIO_PROCESS, 0);
  const int policy_before = ::sched_getscheduler(0);
  std::thread([&] {
    run_in_background();
    EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
    EXPECT_TRUE(::getpriority(PRIO_PROCESS, 0) > nice_before || nice_before == 19);
  }).join();
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), nice_before);
  EXPECT_EQ(::sched_getscheduler(0), policy_before);
}

}  // namespace
}  // namespace gvm::store::sqlite
