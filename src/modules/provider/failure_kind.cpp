#include "provider/failure_kind.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/json.h"

namespace gvm::provider {
namespace {

using routing::ErrorKind;

// How much of an error body is searched; providers put the reason first.
constexpr std::size_t kSearchedBytes = 4096;

std::string lower(std::string_view text) {
  std::string out(text.substr(0, kSearchedBytes));
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// What the provider said, as one lower-case text.
std::string said(const Error& error) {
  const Value* body = error.ctx().find("body");
  if (body == nullptr) return {};
  if (const auto text = body->as_string()) return lower(*text);
  return lower(json::write(*body));
}

bool says(const std::string& text, std::initializer_list<std::string_view> phrases) {
  return std::ranges::any_of(phrases, [&](auto phrase) { return text.find(phrase) != text.npos; });
}

bool is_too_long(const std::string& text) {
  return says(text, {"context_length_exceeded", "context length", "context window",
                     "maximum context", "prompt is too long", "too many tokens",
                     "exceeds the maximum number of tokens", "input is too long"});
}

bool has_no_json(const std::string& text) {
  return says(text, {"response_format", "json mode", "json_object", "responsemimetype",
                     "response_mime_type", "tool_choice", "does not support tools"});
}

bool has_no_images(const std::string& text) {
  return says(text, {"image_url", "image input", "images are not supported", "support image",
                     "vision", "multimodal", "inline_data", "does not support images"});
}

bool is_refused(const std::string& text) {
  return says(text, {"content_filter", "content_policy", "content policy", "content management",
                     "responsibleai", "safety"});
}

bool is_unpaid(const std::string& text) {
  return says(text, {"insufficient_quota", "credit balance", "insufficient funds", "billing"});
}

// 400, 413, 415, 422: the request is at fault, or what the model can do.
ErrorKind of_refused_request(int status, const std::string& text, Format format, bool has_images) {
  if (is_too_long(text) || status == 413) return ErrorKind::context_too_long;
  if (has_images && has_no_images(text)) return ErrorKind::capability_image;
  if (format != Format::text && has_no_json(text)) return ErrorKind::capability_json;
  if (is_refused(text)) return ErrorKind::content_refused;
  if (is_unpaid(text)) return ErrorKind::payment_required;
  return ErrorKind::bad_request;
}

}  // namespace

ErrorKind kind_of_status(int status, const Error& error, Format format, bool has_images) {
  switch (status) {
    case 401:
      return ErrorKind::auth;
    case 402:
      return ErrorKind::payment_required;
    case 403:
      return ErrorKind::forbidden;
    case 404:
    case 410:
      return ErrorKind::not_found;
    case 408:
    case 504:
      return ErrorKind::first_byte_timeout;
    case 429:
      return is_unpaid(said(error)) ? ErrorKind::payment_required : ErrorKind::rate_limited;
    case 503:
    case 529:
      return ErrorKind::overloaded;
    default:
      break;
  }
  if (status >= 500) return ErrorKind::server_error;
  if (status >= 400) return of_refused_request(status, said(error), format, has_images);
  return status >= 300 ? ErrorKind::redirect : ErrorKind::garbled;
}

}  // namespace gvm::provider
