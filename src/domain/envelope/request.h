#pragma once
// The requests of a GenVM to the LLM module (wire.md, "Requests"). Prompts and images are moved out
// of the message, not copied: when they borrow from the frame, the frame must outlive the request.
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/value.h"
#include "envelope/generation.h"

namespace gvm::envelope {

enum class ResponseFormat { text, json };
std::string_view response_format_name(ResponseFormat format);

enum class Template { eq_comparative, eq_non_comparative_leader, eq_non_comparative_validator };
std::string_view template_name(Template kind);  // as on the wire: "EqComparative"

struct PromptRequest {
  ResponseFormat response_format = ResponseFormat::text;
  Blob prompt;
  std::vector<Blob> images;  // at most kMaxImages, each checked (see image.h)
  Integer remaining_fuel;    // GEN, in [0, 2^256)
};

struct TemplateRequest {
  Template kind = Template::eq_comparative;
  Value::Map slots;        // exactly the template's slots, every one a string
  Integer remaining_fuel;  // GEN, in [0, 2^256)

  // The value of one of the template's own slots.
  std::string_view slot(std::string_view name) const { return *slots.find(name)->as_string(); }
};

using LlmRequest = std::variant<PromptRequest, TemplateRequest>;

// MALFORMED_REQUEST, fatal: an unknown variant; a field missing, of another type or, in generation
// C, unknown, named by its path. Not fatal: the errors of check_images.
Result<LlmRequest> parse_llm_request(Value message, Generation generation);

}  // namespace gvm::envelope
