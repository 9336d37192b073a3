#pragma once
// The bodies of answers in the four provider forms (providers.md), and of errors.
#include <string>
#include <string_view>

#include "support/mock_upstream/bill.h"
#include "support/mock_upstream/call.h"
#include "support/mock_upstream/fault.h"

namespace gvm::mock {

// What the model says when no rule says it: for text a sentence that names the upstream and repeats
// the prompt's beginning (so that an answer can be told from another's), for JSON and bool an
// object with reason, result (true) and answer (that sentence).
std::string words_for(const Call& call, std::string_view upstream);

// A quarter of a token a byte, rounded up, and a fixed number an image: the same on every run.
Usage usage_for(const Call& call, std::string_view words);

struct AnswerParts {
  const Call* call;
  std::string_view words;
  Usage usage;
  Content content = Content::words;
  UsageShape usage_shape = UsageShape::right;
  std::string_view id;
};
std::string answer_body(const AnswerParts& parts);

// In the provider's form, as it says that status.
std::string error_body(Form form, int status, std::string_view message);

}  // namespace gvm::mock
