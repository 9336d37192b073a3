#include "provider/prompt.h"

namespace gvm::provider {

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
