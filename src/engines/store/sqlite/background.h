#pragma once

namespace gvm::store::sqlite {

// Makes the scheduler prefer other threads to the calling one: SCHED_BATCH and a higher niceness.
// Otherwise a lane that wakes up on the same core waits for the end of a tick, up to 4 ms on a
// common kernel. bench/writer_wakeup measures it; docs/adr/0011-ledger-and-journal.md has the
// figures.
void run_in_background();

}  // namespace gvm::store::sqlite
