#pragma once
// One prompt as an upstream reads it, in whichever of the four provider forms it came
// (providers.md).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support/mock_upstream/fields.h"

namespace gvm::mock {

enum class Form { openai_compatible, anthropic, google, ollama };
inline constexpr Name<Form> kForms[] = {{"openai-compatible", Form::openai_compatible},
                                        {"anthropic", Form::anthropic},
                                        {"google", Form::google},
                                        {"ollama", Form::ollama}};
inline std::string_view form_name(Form form) {
  return name_in(kForms, form);
}

struct HttpRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names lower case
  std::string body;
  // First header of that (lower-case) name; empty when absent.
  std::string_view header(std::string_view name) const;
};

struct Call {
  Form form = Form::openai_compatible;
  std::string model;
  std::string key;      // without "Bearer "
  std::string session;  // header x-mock-session, or "session=NAME" in the prompt
  std::string text;     // the user's message
  std::string system;
  std::vector<std::pair<std::string, std::string>> headers;
  bool json = false;        // asked for by switch, tool or words
  std::string tool;         // the tool that the model is forced to call
  std::size_t images = 0;   // in the prompt
  std::uint64_t index = 0;  // of all calls, from 0
};

// The form that belongs to that path; empty: none.
std::optional<Form> form_of(std::string_view target);

// DESERIALIZING or MALFORMED_REQUEST, with the text that a provider would put into its 400.
Result<Call> read_call(Form form, HttpRequest request);

}  // namespace gvm::mock
