#pragma once
// The errors of providers, as their bodies state them, and what each means for routing. Judged by
// codes, types and parameter fields. Sentences count only where a provider gives nothing else, and
// then only how they begin: what a provider quotes from a prompt stands further on. Pure.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "provider/parameter.h"
#include "provider/prompt.h"
#include "routing/error_kind.h"

namespace gvm::provider {

struct ProviderError {
  int status = 0;                  // by the body; 0: it names none
  std::vector<std::string> codes;  // code, type, status, reasons: lower case
  std::string param;               // the request's field that is at fault; may be empty
  std::string message;             // bounded, valid UTF-8
  std::optional<std::chrono::milliseconds> retry_after;     // of a member
  std::optional<std::chrono::milliseconds> retry_in_words;  // of a sentence that begins so

  bool has_code(std::string_view code) const;
};

// Null, false, zero, "" and what holds nothing else: servers write so that there is no error.
bool says_nothing(const Value& value);
// What `error` or `errors` of an object states: an object, a list of them, a sentence, a number, or
// true with the members beside it. Empty when it states none.
std::optional<ProviderError> error_within(const Value& holder);
// The same of a body, which may also be the error itself.
std::optional<ProviderError> find_error(const Value& body);
// Of the body of an error status, which may be an error without saying so: {"detail": "..."}.
ProviderError error_of_body(const Value& body);
// The members of one error object (or its text).
ProviderError read_error(const Value& error);
// Of a body that is no JSON: the title of an HTML page, or the beginning of the text.
ProviderError error_of_text(std::string_view body);

struct AskedFor {
  Format format = Format::text;
  bool has_images = false;
};
// `status` is what the call ended with: the HTTP status, or the error's own beside a 2xx.
routing::ErrorKind kind_of(const ProviderError& error, int status, AskedFor asked);

// How long to wait. The words count only with a limit or an overload: another error may quote a
// prompt, and what a contract wrote into it must not pause a candidate.
std::optional<std::chrono::milliseconds> wait_of(const ProviderError& error,
                                                 routing::ErrorKind kind);

// The parameter of ours that the model does not take.
std::optional<Parameter> unsupported_parameter(const ProviderError& error);

// At most 500 bytes, valid UTF-8, without control characters.
std::string bounded_words(std::string_view words);

}  // namespace gvm::provider
