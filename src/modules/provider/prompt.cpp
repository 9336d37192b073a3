#include "provider/prompt.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace gvm::provider {

Correction correction_of(std::string_view answer, std::string_view why) {
  return {to_valid_utf8(answer.substr(0, kCorrectionAnswerBytes)),
          fmt::format("This answer cannot be used: {}. Answer the first message again, with one "
                      "JSON object and nothing else: no text, no code fence and no second object "
                      "beside it.",
                      to_valid_utf8(why.substr(0, kCorrectionFaultBytes)))};
}

Correction text_correction_of(std::string_view answer, std::string_view why) {
  return {to_valid_utf8(answer.substr(0, kCorrectionAnswerBytes)),
          fmt::format("This answer cannot be used: {}. Answer the first message again, with the "
                      "answer alone: no reasoning and no marks of reasoning around it.",
                      to_valid_utf8(why.substr(0, kCorrectionFaultBytes)))};
}

Prompt Prompt::borrowed() const {
  Prompt out;
  if (system_message) out.system_message = Blob::borrow(system_message->view());
  out.user_message = Blob::borrow(user_message.view());
  out.images.reserve(images.size());
  for (const auto& image : images) out.images.push_back(Blob::borrow(image.view()));
  out.sampling = sampling;
  out.max_tokens = max_tokens;
  out.use_max_completion_tokens = use_max_completion_tokens;
  out.extra = extra;
  out.extra_merge_strategy = extra_merge_strategy;
  out.timeout = timeout;
  out.correction = correction;
  return out;
}

std::string_view format_name(Format format) {
  switch (format) {
    case Format::text:
      return "text";
    case Format::json:
      return "json";
    case Format::boolean:
      return "bool";
  }
  return "text";
}

}  // namespace gvm::provider
