#pragma once
// Somebody who looks at what came of a call before the log, the decision record and the script do.
// Made for one prompt; used on its lane, by calls side by side too.
#include <boost/asio/awaitable.hpp>
#include <cstdint>

#include "base/deadline.h"
#include "provider/exchange.h"

namespace gvm::dispatch {

class AnswerCheck {
 public:
  enum class Next : std::uint8_t {
    usual,       // as the result says
    end_prompt,  // the failure is the prompt's own: no other candidate is asked
  };

  virtual ~AnswerCheck() = default;
  // May change the answer, or make a failure of it, which keeps the answer's usage. `exchanged`
  // outlives the awaiting. The call is over and paid by then.
  virtual boost::asio::awaitable<Next> look(provider::Exchanged& exchanged, Deadline deadline) = 0;
};

}  // namespace gvm::dispatch
