#pragma once
// How a thread that works in the background stays out of the way of those that answer: it offers
// its core in between. Without that a lane which wakes beside it may wait for a whole tick of the
// scheduler's, up to 4 ms on a common kernel.

namespace gvm::store {

// Once, on the thread itself: asks for short turns, so that what it gives up each time is little
// too. Linux before 6.12 takes the wish and ignores it.
void keep_turns_short();

// Between two pieces of work of some microseconds each: offers the core when the calling thread has
// had it for 50 µs.
void end_of_piece();

}  // namespace gvm::store
