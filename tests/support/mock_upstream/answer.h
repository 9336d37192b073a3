#pragma once
// The bodies of answers in the four provider forms (providers.md), and of errors.
#include <string>
#include <string_view>

#include "support/mock_upstream/bill.h"
#include "support/mock_upstream/call.h"
#include "support/mock_upstream/fault.h"

namespace gvm::mock {

// The model's words when no rule gives them. For text: a sentence that names the upstream and
// repeats the beginning of the prompt, so that answers can be told apart. For JSON and bool: an
// object with reason, result (true) and answer (that sentence).
std::string words_for(const Call& call, std::string_view upstream);

// A quarter of a token per byte, rounded up, plus a fixed number per image: the same in every run.
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

// In the form in which the provider reports that status.
std::string error_body(Form form, int status, std::string_view message);

}  // namespace gvm::mock
