#pragma once
// How much work a lane lets in: as much as it can do, and at most `limit` of it at once. Pure; on
// the lane's thread.
//
// A bucket holds processor time. It fills with the time that passes, up to `limit`; a request that
// begins takes what requests have cost lately, with everything that the lane did beside. So the
// cost of the second half of a prompt, which comes when its model has answered, is counted when it
// begins. What the processor gives to others is learned from rounds of the lane that are too long.
#include "base/deadline.h"

namespace gvm::serve {

class LaneBudget {
 public:
  // Zero: no limit.
  explicit LaneBudget(Clock::duration limit) : limit_(limit) {}

  // A request wants to begin; `delay` is that of the lane now. False: it must not. As long as no
  // cost is known the delay alone decides.
  bool take(Clock::time_point now, Clock::duration delay);
  void round_ended(Clock::duration round);
  // A request has ended; `cpu` is the processor time that the lane's thread has used so far.
  // `wants_cpu()` says when it is looked at.
  bool wants_cpu() const { return ended_ + 1 >= kWindow; }
  void request_ended(Clock::duration cpu);

  Clock::duration cost() const { return cost_; }  // of a request; zero: not known yet
  double share() const { return share_; }         // of the processor that the lane seems to get

 private:
  static constexpr int kWindow = 16;  // requests between two looks at the processor time

  const Clock::duration limit_;
  Clock::duration bucket_{0};
  Clock::duration cost_{0};
  Clock::duration cpu_before_{0};
  Clock::time_point filled_{};
  double share_ = 1;
  int ended_ = 0;
};

}  // namespace gvm::serve
