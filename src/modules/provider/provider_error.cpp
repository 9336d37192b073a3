#include "provider/provider_error.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "base/encoding.h"
#include "provider/provider_wait.h"
#include "provider/whole_words.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

constexpr std::size_t kMostWords = 500;
// A sentence about the wait stands within so much of a message.
constexpr std::size_t kMostSearched = 4096;

void add_code(ProviderError& out, std::optional<std::string_view> code) {
  if (code && !code->empty()) out.codes.push_back(lowered(code->substr(0, kMostWords)));
}

// Providers that give a code in words beside a status that says nothing.
int status_of_codes(const ProviderError& error) {
  constexpr std::pair<std::string_view, int> kStatuses[] = {{"invalid_request_error", 400},
                                                            {"invalid_argument", 400},
                                                            {"failed_precondition", 400},
                                                            {"out_of_range", 400},
                                                            {"bad_request", 400},
                                                            {"badrequesterror", 400},
                                                            {"authentication_error", 401},
                                                            {"invalid_api_key", 401},
                                                            {"unauthenticated", 401},
                                                            {"billing_error", 402},
                                                            {"insufficient_quota", 402},
                                                            {"permission_error", 403},
                                                            {"permission_denied", 403},
                                                            {"not_found_error", 404},
                                                            {"not_found", 404},
                                                            {"model_not_found", 404},
                                                            {"request_too_large", 413},
                                                            {"rate_limit_error", 429},
                                                            {"rate_limit_exceeded", 429},
                                                            {"resource_exhausted", 429},
                                                            {"api_error", 500},
                                                            {"server_error", 500},
                                                            {"internal_error", 500},
                                                            {"internal", 500},
                                                            {"unknown", 500},
                                                            {"unavailable", 503},
                                                            {"overloaded_error", 529},
                                                            {"timeout_error", 504},
                                                            {"deadline_exceeded", 504}};
  for (const auto& code : error.codes) {
    const auto row = std::ranges::find(kStatuses, std::string_view(code),
                                       &std::pair<std::string_view, int>::first);
    if (row != std::end(kStatuses)) return row->second;
  }
  return 0;
}

int as_status(std::int64_t number) {
  constexpr std::int64_t kFirstError = 300;
  constexpr std::int64_t kLast = 599;
  return number >= kFirstError && number <= kLast ? static_cast<int>(number) : 0;
}

int status_in(const Value& error) {
  for (const auto pointer : {"/code", "/status", "/status_code", "/http_status"}) {
    if (auto number = text::integer_at(error, pointer))
      if (const int status = as_status(*number)) return status;
    if (auto word = text::string_at(error, pointer)) {
      std::int64_t number = 0;
      const auto [end, failed] = std::from_chars(word->data(), word->data() + word->size(), number);
      if (failed == std::errc() && end == word->data() + word->size())
        if (const int status = as_status(number)) return status;
    }
  }
  return 0;
}

bool any_code(const ProviderError& error, std::initializer_list<std::string_view> codes) {
  return std::ranges::any_of(codes, [&](auto code) { return error.has_code(code); });
}

bool begins(const ProviderError& error, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(beginnings,
                             [&](auto each) { return error.message.starts_with(each); });
}

// A code with one of these words in it.
bool code_has(const ProviderError& error, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(error.codes, [&](const std::string& code) {
    return std::ranges::any_of(words, [&](auto word) { return code.contains(word); });
  });
}

// A limit per minute of the account, also where a provider answers 413 to a request that is larger
// than the whole limit (Groq).
bool is_rate_limit(const ProviderError& error) {
  return any_code(error, {"rate_limit_exceeded", "rate_limit_error", "resource_exhausted",
                          "too_many_requests", "tokens", "requests"});
}

bool is_unpaid(const ProviderError& error) {
  return any_code(error, {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active",
                          "billing_error", "insufficient_balance", "payment_required",
                          "insufficient_credits", "exceeded_current_quota_error", "arrearage"}) ||
         begins(error, {"Your credit balance is too low"});
}

// "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context
// length": what else a prompt may contain has nothing to do with its length.
bool counts_prompt(std::string_view message) {
  constexpr std::string_view kBefore = "Prompt contains ";
  if (!message.starts_with(kBefore)) return false;
  message.remove_prefix(kBefore.size());
  const auto digits = message.find_first_not_of("0123456789");
  return digits != 0 && digits != message.npos && message.substr(digits).starts_with(" tokens");
}

bool has_code_of_length(const ProviderError& error) {
  return any_code(error, {"context_length_exceeded", "model_context_window_exceeded",
                          "exceed_context_size_error", "context_window_exceeded"});
}

bool is_too_long(const ProviderError& error) {
  // Providers without a code for it.
  return has_code_of_length(error) || counts_prompt(error.message) ||
         begins(error,
                {"prompt is too long", "The input token count", "input is too long",
                 "Input is too long", "This model's maximum context length is",
                 "This model's maximum prompt length is", "input length and `max_tokens` exceed",
                 "the request exceeds the available context size"});
}

bool is_filtered(const ProviderError& error) {
  return code_has(error, {"content_filter", "content_policy", "responsibleaipolicyviolation",
                          "data_inspection_failed", "content_blocked", "moderation_blocked",
                          "prohibited_content"});
}

// A code of this request's content, or of its size: what a text or a picture can bring about.
bool blames_request(const ProviderError& error) {
  return code_has(error, {"prompt", "input", "content", "image", "length", "token", "too_l",
                          "policy", "safety", "moderation", "unsafe", "invalid_req"});
}

bool is_bad_key(const ProviderError& error) {
  return any_code(error,
                  {"api_key_invalid", "invalid_api_key", "authentication_error", "unauthenticated",
                   "api_key_expired", "invalidapikey", "invalid_authentication_error"});
}

// The field is ours: a contract cannot put anything into it.
bool names_json_mode(const std::string& param) {
  constexpr std::string_view kFields[] = {"response_format", "tool_choice", "tools",
                                          "generation_config.response_mime_type",
                                          "generationConfig.responseMimeType"};
  return std::ranges::any_of(kFields, [&](auto field) { return param.starts_with(field); });
}

bool is_without_json(const ProviderError& error) {
  return names_json_mode(error.param) || begins(error, {"JSON mode is not enabled for"});
}

// Only what says that the model takes no images at all. Any other code may be about this image,
// which a contract may have made: broken, too large, animated or of a wrong type.
bool is_without_images(const ProviderError& error) {
  if (begins(error, {"Image input modality is not enabled for",
                     "Invalid content type. image_url is only supported by certain models"}) ||
      any_code(error, {"model_not_support_image", "model_does_not_support_images",
                       "image_input_not_supported", "image_input_unsupported",
                       "images_not_supported", "vision_not_supported", "vision_unsupported"}))
    return true;
  return error.param == "image_url" &&
         any_code(error, {"unsupported_content_type", "unknown_content_type"});
}

// What concerns the key or its account, whatever the status that a provider gives with it.
std::optional<routing::ErrorKind> kind_of_account(const ProviderError& error) {
  using routing::ErrorKind;
  if (is_bad_key(error)) return ErrorKind::auth;
  if (is_unpaid(error)) return ErrorKind::payment_required;
  if (is_rate_limit(error)) return ErrorKind::rate_limited;
  return std::nullopt;
}

routing::ErrorKind kind_of_forbidden(const ProviderError& error) {
  if (is_filtered(error)) return routing::ErrorKind::content_refused;
  return kind_of_account(error).value_or(routing::ErrorKind::forbidden);
}

routing::ErrorKind kind_of_request(const ProviderError& error, AskedFor asked) {
  using routing::ErrorKind;
  if (const auto account = kind_of_account(error)) return *account;
  if (is_too_long(error)) return ErrorKind::context_too_long;
  if (is_filtered(error)) return ErrorKind::content_refused;
  if (asked.has_images && is_without_images(error)) return ErrorKind::capability_image;
  if (asked.format != Format::text && is_without_json(error)) return ErrorKind::capability_json;
  return ErrorKind::bad_request;
}

// An error without a status. A code that nobody knows counts against the provider, unless it blames
// the request.
routing::ErrorKind kind_without_status(const ProviderError& error, AskedFor asked) {
  const auto kind = kind_of_request(error, asked);
  const bool told_apart = kind != routing::ErrorKind::bad_request;
  return told_apart || blames_request(error) ? kind : routing::ErrorKind::server_error;
}

}  // namespace

bool ProviderError::has_code(std::string_view code) const {
  return std::ranges::find(codes, code) != codes.end();
}

std::string bounded_words(std::string_view words) {
  std::string out = to_valid_utf8(whole_words(words, kMostWords));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return out;
}

namespace {

// Google's `details`: reasons, and the field that is at fault.
void read_details(ProviderError& out, const Value& error) {
  const Value* details = error.find("details");
  if (details == nullptr || details->as_array() == nullptr) return;
  for (const auto& detail : *details->as_array()) {
    add_code(out, text::string_at(detail, "/reason"));
    const auto field = text::string_at(detail, "/fieldViolations/0/field");
    if (field && out.param.empty()) out.param = *field;
  }
}

std::string_view words_of(const Value& error) {
  for (const auto pointer : {"/message", "/detail", "/detail/message", "/detail/0/msg", "/msg",
                             "/error_description", "/errors/0/message"}) {
    if (const auto words = text::string_at(error, pointer)) return *words;
  }
  return {};
}

// Some servers put the members of the error at the top of the body.
bool is_error(const Value& body) {
  return text::string_at(body, "/object") == "error" || text::string_at(body, "/type") == "error";
}

}  // namespace

ProviderError read_error(const Value& error) {
  ProviderError out;
  std::string_view words = error.as_string().value_or(words_of(error));
  out.message = bounded_words(words);
  out.retry_in_words = wait_in_words(words.substr(0, kMostSearched));
  for (const auto pointer : {"/code", "/type", "/status", "/innererror/code", "/reason"})
    add_code(out, text::string_at(error, pointer));
  read_details(out, error);
  if (auto param = text::string_at(error, "/param")) out.param = *param;
  out.status = status_in(error);
  if (out.status == 0) out.status = status_of_codes(out);
  out.retry_after = wait_in_members(error);
  return out;
}

bool says_nothing(const Value& value) {
  if (value.is_null()) return true;
  if (const bool* flag = value.as_bool()) return !*flag;
  if (const auto words = value.as_string()) return words->empty();
  if (const auto number = text::integer_at(value, "")) return *number == 0;
  if (const auto* items = value.as_array()) return std::ranges::all_of(*items, says_nothing);
  if (const auto* map = value.as_map())
    return std::ranges::all_of(*map,
                               [](const auto& member) { return says_nothing(member.second); });
  return false;
}

namespace {

// The members of an error whose sentence, number or mark is `error`, which stand beside it.
ProviderError read_beside(const Value& error, const Value& holder) {
  ProviderError said = read_error(holder);
  if (const auto words = error.as_string()) {
    said.message = bounded_words(*words);
    said.retry_in_words = wait_in_words(words->substr(0, kMostSearched));
  }
  if (const auto number = text::integer_at(error, ""))
    if (const int status = as_status(*number)) said.status = status;
  return said;
}

}  // namespace

std::optional<ProviderError> error_within(const Value& holder) {
  for (const auto name : {"error", "errors"}) {
    const Value* error = holder.find(name);
    if (error == nullptr || says_nothing(*error)) continue;
    if (const auto* list = error->as_array())
      error = &*std::ranges::find_if_not(*list, says_nothing);
    if (!error->as_map()) return read_beside(*error, holder);
    ProviderError said = read_error(*error);
    if (!said.retry_after) said.retry_after = wait_in_members(holder);
    return said;
  }
  return std::nullopt;
}

std::optional<ProviderError> find_error(const Value& body) {
  const Value* whole = &body;
  if (const auto* list = body.as_array(); list != nullptr && !list->empty()) whole = &list->front();
  if (auto said = error_within(*whole)) return said;
  return is_error(*whole) ? std::optional(read_error(*whole)) : std::nullopt;
}

std::optional<std::chrono::milliseconds> wait_of(const ProviderError& error,
                                                 routing::ErrorKind kind) {
  using routing::ErrorKind;
  const bool limited = kind == ErrorKind::rate_limited || kind == ErrorKind::overloaded;
  return error.retry_after || !limited ? error.retry_after : error.retry_in_words;
}

ProviderError error_of_body(const Value& body) {
  if (auto stated = find_error(body)) return std::move(*stated);
  return read_error(body);
}

ProviderError error_of_text(std::string_view body) {
  ProviderError out;
  constexpr std::string_view kTitle = "<title>";
  constexpr std::size_t kSearched = 4096;
  const std::string beginning = lowered(body.substr(0, kSearched));
  const auto title = beginning.find(kTitle);
  if (title == beginning.npos) {
    out.message = bounded_words(body);
    out.retry_in_words = wait_in_words(body.substr(0, kMostSearched));
    return out;
  }
  const auto from = title + kTitle.size();
  const auto end = std::min(beginning.find('<', from), beginning.size());
  out.message = bounded_words(body.substr(from, end - from));
  return out;
}

routing::ErrorKind kind_of(const ProviderError& error, int status, AskedFor asked) {
  using routing::ErrorKind;
  switch (status) {
    case 401:
      return ErrorKind::auth;
    case 402:
      return ErrorKind::payment_required;
    case 403:
      return kind_of_forbidden(error);
    case 404:
    case 410:
      return ErrorKind::not_found;
    case 408:
    case 504:
      return ErrorKind::first_byte_timeout;
    case 429:
      return is_unpaid(error) ? ErrorKind::payment_required : ErrorKind::rate_limited;
    case 503:
    case 529:
      return ErrorKind::overloaded;
    default:
      break;
  }
  if (status == 0) return kind_without_status(error, asked);
  constexpr int kServerErrors = 500;
  constexpr int kRequestErrors = 400;
  constexpr int kRedirects = 300;
  // Some servers answer so what another answers with 400; a text can bring it about.
  if (status >= kServerErrors && has_code_of_length(error)) return ErrorKind::context_too_long;
  if (status >= kServerErrors && is_filtered(error)) return ErrorKind::content_refused;
  if (status >= kServerErrors) return ErrorKind::server_error;
  if (status >= kRequestErrors) return kind_of_request(error, asked);
  return status >= kRedirects ? ErrorKind::redirect : ErrorKind::garbled;
}

}  // namespace gvm::provider
