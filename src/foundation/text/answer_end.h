#pragma once
// How a model's answer ended, as far as its text may be trusted to be whole.

namespace gvm::text {

enum class AnswerEnd {
  stopped,  // the model ended it: what is still open may have been forgotten
  cut,      // a limit ended it, or the reason is unknown: nothing may be added to it
};

}  // namespace gvm::text
