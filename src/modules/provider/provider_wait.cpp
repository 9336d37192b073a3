#include "provider/provider_wait.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "net/backoff.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

using std::chrono::milliseconds;

constexpr double kLongestSeconds = 86'400;
constexpr milliseconds kLongestInWords = std::chrono::minutes(10);

std::optional<milliseconds> span_of(double seconds) {
  if (!(seconds >= 0) || seconds > kLongestSeconds) return std::nullopt;
  return milliseconds(std::llround(seconds * 1000));
}

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

// Takes a unit and the blanks around it from the front; 0: there is none.
double take_unit(std::string_view& text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"milliseconds", 0.001},
                                                            {"millisecond", 0.001},
                                                            {"ms", 0.001},
                                                            {"seconds", 1},
                                                            {"second", 1},
                                                            {"secs", 1},
                                                            {"sec", 1},
                                                            {"s", 1},
                                                            {"minutes", 60},
                                                            {"minute", 60},
                                                            {"mins", 60},
                                                            {"min", 60},
                                                            {"m", 60},
                                                            {"hours", 3600},
                                                            {"hour", 3600},
                                                            {"h", 3600}};
  std::string_view rest = text.substr(std::min(text.find_first_not_of(' '), text.size()));
  const auto end =
      static_cast<std::size_t>(std::ranges::find_if_not(rest, is_letter) - rest.begin());
  const auto* unit =
      std::ranges::find(kUnits, rest.substr(0, end), &std::pair<std::string_view, double>::first);
  if (unit == std::end(kUnits)) return 0;
  rest.remove_prefix(end);
  text = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
  return unit->second;
}

// "38s", "1.5s", "250ms", "6m0s", "2h", "20 seconds", "1 minute 5 seconds", in lower case.
std::optional<milliseconds> read_span(std::string_view text) {
  double seconds = 0;
  bool any = false;
  for (;;) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc()) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const double unit = take_unit(text);
    if (unit == 0) break;
    seconds += number * unit;
    any = true;
  }
  return any ? span_of(seconds) : std::nullopt;
}

std::optional<double> number_in(const Value& value) {
  if (const auto* real = value.as_real()) return *real;
  if (const auto integer = text::integer_at(value, "")) return static_cast<double>(*integer);
  return std::nullopt;
}

// A number of seconds, the same as text, a date or a span with its unit.
std::optional<milliseconds> wait_of_member(const Value& value) {
  if (const auto seconds = number_in(value)) return span_of(*seconds);
  const auto words = value.as_string();
  if (!words) return std::nullopt;
  if (const auto span = read_span(lowered(*words))) return span;
  return net::parse_retry_after(*words, std::chrono::system_clock::now());
}

bool ends_sentence(char c) {
  return std::string_view(".!?;:,\n(").contains(c);
}

// Behind "please try again in " and the like; empty: the sentence does not begin so.
std::string_view behind_request(std::string_view sentence) {
  constexpr std::string_view kPlease = "please ";
  if (sentence.starts_with(kPlease)) sentence.remove_prefix(kPlease.size());
  for (const std::string_view beginning : {"try again in ", "try again after ", "retry in ",
                                           "retry after ", "retry your request after ", "wait "}) {
    if (sentence.starts_with(beginning)) return sentence.substr(beginning.size());
  }
  return {};
}

// What may quote a prompt begins with a quotation mark.
std::string_view unquoted(std::string_view message) {
  std::size_t end = message.size();
  for (const std::string_view mark : {"\"", "\u201c", "\u201e", "\u00ab"})
    end = std::min(end, message.find(mark));
  return message.substr(0, end);
}

}  // namespace

std::optional<milliseconds> wait_in_members(const Value& error) {
  if (const Value* details = error.find("details"); details && details->as_array()) {
    for (const auto& detail : *details->as_array()) {
      if (auto span = text::string_at(detail, "/retryDelay")) return read_span(*span);
    }
  }
  for (const auto pointer : {"/retry_after", "/retry_after_seconds", "/metadata/retry_after",
                             "/metadata/retry_after_seconds", "/metadata/headers/Retry-After",
                             "/metadata/headers/retry-after"}) {
    const Value* member = text::at(error, pointer);
    if (member == nullptr) continue;
    if (const auto wait = wait_of_member(*member)) return wait;
  }
  return std::nullopt;
}

std::optional<milliseconds> wait_in_words(std::string_view message) {
  const std::string words = lowered(unquoted(message));
  std::optional<milliseconds> shortest;
  bool at_beginning = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == ' ') continue;
    const auto wait =
        at_beginning ? read_span(behind_request(std::string_view(words).substr(i))) : std::nullopt;
    if (wait) shortest = std::min(shortest.value_or(kLongestInWords), *wait);
    at_beginning = ends_sentence(words[i]);
  }
  return shortest;
}

}  // namespace gvm::provider
