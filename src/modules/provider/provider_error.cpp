#include "provider/provider_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "base/encoding.h"
#include "net/backoff.h"
#include "provider/whole_words.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

constexpr std::size_t kMostWords = 500;
// Longer waits that a provider asks for are ignored.
constexpr double kLongestWaitSeconds = 86'400;

std::optional<std::chrono::milliseconds> span_of(double seconds) {
  if (!(seconds >= 0) || seconds > kLongestWaitSeconds) return std::nullopt;
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

// "38s", "1.5s", "250ms", "6m0s", "2h": what Google's RetryInfo and the sentences of others write.
std::optional<std::chrono::milliseconds> read_span(std::string_view text) {
  double seconds = 0;
  bool any = false;
  while (!text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) != 0)) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    constexpr std::pair<std::string_view, double> kUnits[] = {
        {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
    const auto unit = std::ranges::find_if(
        kUnits, [&](const auto& each) { return text.starts_with(each.first); });
    if (unit == std::end(kUnits)) break;
    seconds += number * unit->second;
    any = true;
    text.remove_prefix(unit->first.size());
  }
  return any ? span_of(seconds) : std::nullopt;
}

std::optional<double> number_at(const Value& value, std::string_view pointer) {
  const Value* found = text::at(value, pointer);
  if (found == nullptr) return std::nullopt;
  if (const auto* real = found->as_real()) return *real;
  if (auto integer = text::integer_at(value, pointer)) return static_cast<double>(*integer);
  return std::nullopt;
}

// A provider's wait in the body: Google's RetryInfo, a member of its own, a quoted header of the
// provider behind an aggregator.
std::optional<std::chrono::milliseconds> wait_in(const Value& error) {
  if (const Value* details = error.find("details"); details && details->as_array()) {
    for (const auto& detail : *details->as_array()) {
      if (auto span = text::string_at(detail, "/retryDelay")) return read_span(*span);
    }
  }
  for (const auto pointer : {"/retry_after", "/retry_after_seconds", "/metadata/retry_after",
                             "/metadata/retry_after_seconds"}) {
    if (auto seconds = number_at(error, pointer)) return span_of(*seconds);
  }
  for (const auto pointer : {"/metadata/headers/Retry-After", "/metadata/headers/retry-after"}) {
    if (auto value = text::string_at(error, pointer))
      return net::parse_retry_after(*value, std::chrono::system_clock::now());
  }
  return std::nullopt;
}

// "Please try again in 20s."
std::optional<std::chrono::milliseconds> wait_in_words(std::string_view message) {
  constexpr std::string_view kAgain = "try again in ";
  const auto at = message.find(kAgain);
  return at == message.npos ? std::nullopt : read_span(message.substr(at + kAgain.size()));
}

void add_code(ProviderError& out, std::optional<std::string_view> code) {
  if (code && !code->empty()) out.codes.push_back(lowered(code->substr(0, kMostWords)));
}

// Providers that give a code in words beside a status that says nothing.
int status_of_codes(const ProviderError& error) {
  constexpr std::pair<std::string_view, int> kStatuses[] = {{"invalid_request_error", 400},
                                                            {"invalid_argument", 400},
                                                            {"failed_precondition", 400},
                                                            {"out_of_range", 400},
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

bool says_unsupported(const ProviderError& error) {
  return std::ranges::any_of(error.codes, [](const std::string& code) {
    return code.find("unsupported") != code.npos || code.find("not_supported") != code.npos;
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

bool is_too_long(const ProviderError& error) {
  if (any_code(error, {"context_length_exceeded", "model_context_window_exceeded",
                       "exceed_context_size_error"}))
    return true;
  // Providers without a code for it.
  return begins(error,
                {"prompt is too long", "The input token count", "input is too long",
                 "Input is too long", "This model's maximum context length is",
                 "This model's maximum prompt length is", "input length and `max_tokens` exceed",
                 "the request exceeds the available context size", "Prompt contains "});
}

bool is_filtered(const ProviderError& error) {
  return any_code(error, {"content_filter", "content_policy_violation",
                          "responsibleaipolicyviolation", "data_inspection_failed",
                          "content_blocked", "moderation_blocked", "prohibited_content"});
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

// Only what says that images are not taken at all: an image of a contract's may be broken, too
// large or of a wrong type, which teaches nothing.
bool is_without_images(const ProviderError& error) {
  if (begins(error, {"Image input modality is not enabled for",
                     "Invalid content type. image_url is only supported by certain models"}))
    return true;
  const bool of_image =
      error.param.find("image") != std::string::npos ||
      std::ranges::any_of(error.codes, [](const std::string& code) {
        return code.find("image") != code.npos || code.find("vision") != code.npos;
      });
  const bool of_its_form = std::ranges::any_of(error.codes, [](const std::string& code) {
    return code.find("format") != code.npos || code.find("media") != code.npos ||
           code.find("mime") != code.npos || code.find("size") != code.npos;
  });
  return of_image && says_unsupported(error) && !of_its_form;
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

routing::ErrorKind kind_of_request(const ProviderError& error, int status, AskedFor asked) {
  using routing::ErrorKind;
  constexpr int kTooLarge = 413;
  if (const auto account = kind_of_account(error)) return *account;
  if (is_too_long(error) || status == kTooLarge) return ErrorKind::context_too_long;
  if (is_filtered(error)) return ErrorKind::content_refused;
  if (asked.has_images && is_without_images(error)) return ErrorKind::capability_image;
  if (asked.format != Format::text && is_without_json(error)) return ErrorKind::capability_json;
  return ErrorKind::bad_request;
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
  if (const auto text = error.as_string()) {
    out.message = bounded_words(*text);
  } else {
    out.message = bounded_words(words_of(error));
    for (const auto pointer : {"/code", "/type", "/status", "/innererror/code", "/reason"})
      add_code(out, text::string_at(error, pointer));
    read_details(out, error);
    if (auto param = text::string_at(error, "/param")) out.param = *param;
    out.status = status_in(error);
  }
  if (out.status == 0) out.status = status_of_codes(out);
  out.retry_after = wait_in(error);
  out.retry_in_words = wait_in_words(out.message);
  return out;
}

std::optional<ProviderError> find_error(const Value& body) {
  const Value* whole = &body;
  if (const auto* list = body.as_array(); list != nullptr && !list->empty()) whole = &list->front();
  const Value* error = whole->find("error");
  if (error == nullptr || error->is_null())
    return is_error(*whole) ? std::optional(read_error(*whole)) : std::nullopt;
  if (error->as_map()) return read_error(*error);
  const auto words = error->as_string();
  if (!words) return std::nullopt;
  // A sentence, with its code beside it.
  ProviderError said = read_error(*whole);
  said.message = bounded_words(*words);
  said.retry_in_words = wait_in_words(said.message);
  return said;
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
  constexpr int kServerErrors = 500;
  constexpr int kRequestErrors = 400;
  constexpr int kRedirects = 300;
  if (status >= kServerErrors) return ErrorKind::server_error;
  if (status >= kRequestErrors) return kind_of_request(error, status, asked);
  return status >= kRedirects ? ErrorKind::redirect : ErrorKind::garbled;
}

}  // namespace gvm::provider
