#include "store/sqlite/background.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>

namespace gvm::store::sqlite {
namespace {

// A tenth of a lane's weight. When all cores are busy the thread still gets a tenth of a core,
// which stores 10,000 calls a second. With a higher niceness its backlog would grow.
constexpr int kNicer = 10;
constexpr int kNicest = 19;

}  // namespace

// On Linux both calls change only the calling thread. When one is refused, the thread stays as it
// was.
void run_in_background() {
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_BATCH, &none);
  const int now = ::getpriority(PRIO_PROCESS, 0);
  (void)::setpriority(PRIO_PROCESS, 0, std::min(now + kNicer, kNicest));
}

}  // namespace gvm::store::sqlite
