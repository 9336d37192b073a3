// Which parameter a provider's error says that its model does not take.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "provider/provider_error.h"

namespace gvm::provider {
namespace {

// How a sentence begins that names the parameter next. "*" stands for one word: the model's name.
constexpr std::array<std::string_view, 5> kBefore = {
    "Unsupported value: '", "Unsupported parameter: '",
    "Argument not supported on this model: ", "Model * does not support parameter ",
    "Argument not supported: "};
// What follows a parameter's name that begins the sentence.
constexpr std::array<std::string_view, 4> kBehind = {
    " is deprecated for this model", " is not supported for this model",
    " is not supported by this model", " may only be set to 1 when thinking is enabled"};
constexpr std::string_view kNotBoth = " cannot both be specified for this model";
constexpr std::string_view kAnd = " and ";

bool is_of_a_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

// "presencePenalty", "generation_config.top_p" and "stopSequences" in our words.
std::string our_name(std::string_view name) {
  while (name.ends_with('.')) name.remove_suffix(1);
  const auto dot = name.rfind('.');
  if (dot != std::string_view::npos) name.remove_prefix(dot + 1);
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out += '_';
    out += upper ? static_cast<char>(c | 0x20) : c;
  }
  return out == "stop_sequences" ? "stop" : out;
}

std::optional<Parameter> parameter_of(std::string_view name) {
  const std::string ours = our_name(name);
  for (unsigned i = 0; i <= static_cast<unsigned>(Parameter::max_completion_tokens); ++i) {
    const auto parameter = static_cast<Parameter>(i);
    if (ours == parameter_name(parameter)) return parameter;
  }
  return std::nullopt;
}

// Takes a name from the beginning of `rest`, and the backticks or quotes around it.
std::string_view take_name(std::string_view& rest) {
  const auto is_quote = [](char c) { return c == '`' || c == '\'' || c == '"'; };
  if (!rest.empty() && is_quote(rest.front())) rest.remove_prefix(1);
  const auto end =
      static_cast<std::size_t>(std::ranges::find_if_not(rest, is_of_a_name) - rest.begin());
  const auto name = rest.substr(0, end);
  rest.remove_prefix(end);
  if (!rest.empty() && is_quote(rest.front())) rest.remove_prefix(1);
  return name;
}

// Removes `beginning` from the front of `text`, when that is how it begins.
bool take_beginning(std::string_view& text, std::string_view beginning) {
  const auto star = beginning.find('*');
  if (!text.starts_with(beginning.substr(0, star))) return false;
  if (star == std::string_view::npos) {
    text.remove_prefix(beginning.size());
    return true;
  }
  const auto behind = beginning.substr(star + 1);
  const auto end = text.find(' ', star);
  if (end == std::string_view::npos || !text.substr(end).starts_with(behind)) return false;
  text.remove_prefix(end + behind.size());
  return true;
}

std::optional<Parameter> named_by_sentence(std::string_view message) {
  for (const auto beginning : kBefore) {
    std::string_view rest = message;
    if (take_beginning(rest, beginning)) return parameter_of(take_name(rest));
  }
  std::string_view rest = message;
  const auto first = take_name(rest);
  const auto follows = [&rest](std::string_view words) { return rest.starts_with(words); };
  if (std::ranges::any_of(kBehind, follows)) return parameter_of(first);
  // One of the two may stay: the one that is named first.
  if (!rest.starts_with(kAnd) || !parameter_of(first)) return std::nullopt;
  rest.remove_prefix(kAnd.size());
  const auto second = take_name(rest);
  return rest.starts_with(kNotBoth) ? parameter_of(second) : std::nullopt;
}

}  // namespace

std::optional<Parameter> unsupported_parameter(const ProviderError& error) {
  const bool by_code =
      error.has_code("unsupported_parameter") || error.has_code("unsupported_value");
  if (by_code && !error.param.empty()) return parameter_of(error.param);
  return named_by_sentence(error.message);
}

}  // namespace gvm::provider
