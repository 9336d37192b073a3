#pragma once
// How a model's answer ended, which decides whether its text may be taken as complete.

namespace gvm::text {

enum class AnswerEnd {
  stopped,  // the model ended the answer: a bracket that is still open was forgotten
  cut,      // a limit ended the answer, or the reason is unknown: nothing may be added to it
};

}  // namespace gvm::text
