#include "provider/prompt.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/error_codes.h"
#include "envelope/image.h"

namespace gvm::provider {
namespace {

constexpr double kLongestTimeoutSeconds = 24 * 3600;

std::unexpected<Error> wrong(std::string_view field, std::string_view expected,
                             const Value& found) {
  return fail(
      codes::kScriptBadArgument, Fatality::fatal,
      fmt::format("llm.rs: {}: expected {}, found {}", field, expected, kind_name(found.kind())));
}

// Takes the fields of one table, by name; absent and nil are the same.
class Fields {
 public:
  Fields(Value::Map& map, std::string prefix) : map_(map), prefix_(std::move(prefix)) {}

  std::string path(std::string_view key) const { return prefix_ + std::string(key); }

  Value* find(std::string_view key) {
    Value* value = map_.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  Result<std::optional<Blob>> text(std::string_view key) {
    Value* value = find(key);
    if (value == nullptr) return std::optional<Blob>();
    if (!value->as_string()) return wrong(path(key), "a string of valid UTF-8", *value);
    return std::optional<Blob>(std::move(*value->as_blob()));
  }

  Result<std::optional<double>> number(std::string_view key) {
    Value* value = find(key);
    if (value == nullptr) return std::optional<double>();
    if (const auto* real = value->as_real(); real && std::isfinite(*real))
      return std::optional(*real);
    if (const auto* integer = value->as_integer()) return std::optional(integer->to_double());
    return wrong(path(key), "a finite number", *value);
  }

  Result<std::optional<std::uint64_t>> whole(std::string_view key, std::uint64_t max) {
    Value* value = find(key);
    if (value == nullptr) return std::optional<std::uint64_t>();
    std::optional<std::uint64_t> number;
    if (const auto* integer = value->as_integer()) number = integer->to_u64();
    if (const auto* real = value->as_real()) {
      if (auto integral = Integer::from_integral(*real)) number = integral->to_u64();
    }
    if (number && *number <= max) return number;
    return wrong(path(key), fmt::format("a whole number from 0 to {}", max), *value);
  }

  Result<bool> flag(std::string_view key) {
    Value* value = find(key);
    if (value == nullptr) return false;
    if (const auto* boolean = value->as_bool()) return *boolean;
    return wrong(path(key), "a boolean", *value);
  }

 private:
  Value::Map& map_;
  std::string prefix_;
};

// Assigns the value of a Result or returns its error from the enclosing function.
#define GVM_TAKE(target, expression)                   \
  do {                                                 \
    auto taken = (expression);                         \
    if (!taken) return fail(std::move(taken).error()); \
    target = std::move(*taken);                        \
  } while (false)

Result<std::optional<std::chrono::milliseconds>> read_timeout(Fields& fields) {
  std::optional<double> seconds;
  GVM_TAKE(seconds, fields.number("timeout"));
  if (!seconds) return std::optional<std::chrono::milliseconds>();
  if (*seconds <= 0 || *seconds > kLongestTimeoutSeconds) {
    return fail(codes::kScriptBadArgument, Fatality::fatal,
                fmt::format("llm.rs: {}: expected seconds over 0 and at most {}, found {}",
                            fields.path("timeout"), kLongestTimeoutSeconds, *seconds));
  }
  return std::optional(std::chrono::milliseconds(std::llround(std::max(1.0, *seconds * 1000))));
}

Result<std::vector<std::string>> read_stop(Fields& fields) {
  std::vector<std::string> stop;
  Value* value = fields.find("stop");
  if (value == nullptr) return stop;
  if (auto one = value->as_string()) {
    stop.emplace_back(*one);
    return stop;
  }
  const auto* list = value->as_array();
  if (list == nullptr) return wrong(fields.path("stop"), "a string or a list of strings", *value);
  for (const auto& item : *list) {
    if (!item.as_string()) return wrong(fields.path("stop"), "a string or a list of strings", item);
    stop.emplace_back(*item.as_string());
  }
  return stop;
}

// Sets what `fields` holds; what it does not hold stays as it was.
Result<void> read_sampling(Fields& fields, Sampling& sampling) {
  const auto set = [](auto& target, auto&& found) {
    if (found) target = *found;
  };
  for (auto [name, target] : {std::pair{"temperature", &sampling.temperature},
                              {"top_p", &sampling.top_p},
                              {"presence_penalty", &sampling.presence_penalty},
                              {"frequency_penalty", &sampling.frequency_penalty}}) {
    std::optional<double> number;
    GVM_TAKE(number, fields.number(name));
    set(*target, number);
  }
  std::optional<std::uint64_t> whole;
  GVM_TAKE(whole, fields.whole("top_k", 1'000'000));
  if (whole) sampling.top_k = static_cast<std::int64_t>(*whole);
  GVM_TAKE(whole, fields.whole("seed", UINT64_MAX));
  set(sampling.seed, whole);
  std::vector<std::string> stop;
  GVM_TAKE(stop, read_stop(fields));
  if (!stop.empty()) sampling.stop = std::move(stop);
  return {};
}

Result<std::vector<Blob>> read_images(Fields& fields) {
  std::vector<Blob> images;
  Value* value = fields.find("images");
  if (value == nullptr) return images;
  if (const auto* map = value->as_map(); map && map->empty())
    return images;  // {} without a list's mark
  auto* list = value->as_array();
  if (list == nullptr) return wrong(fields.path("images"), "a list of image bytes", *value);
  for (auto& item : *list) {
    auto bytes = item.as_bytes() ? item.as_bytes() : item.as_string();
    if (!bytes) return wrong(fields.path("images"), "a list of image bytes", item);
    if (!envelope::image_format(*bytes)) {
      return fail(codes::kInvalidImage, Fatality::user,
                  "an image is neither PNG nor JPEG by its content");
    }
    images.push_back(std::move(*item.as_blob()));
  }
  return images;
}

// The names whose place differs from provider to provider leave `extra` for `sampling`; a strategy
// of their own keeps them.
Result<void> take_sampling_from_extra(Prompt& prompt) {
  auto* extra = prompt.extra.as_map();
  Value::Map named;
  for (std::string_view name :
       {"temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed", "stop"}) {
    Value* value = extra->find(name);
    if (value == nullptr || prompt.extra_merge_strategy.by_key.contains(name)) continue;
    named.set(name, std::move(*value));
    extra->erase(name);
  }
  Fields fields(named, "prompt.extra.");
  return read_sampling(fields, prompt.sampling);
}

Result<void> read_extra(Fields& fields, Prompt& prompt) {
  if (Value* strategy = fields.find("extra_merge_strategy")) {
    GVM_TAKE(prompt.extra_merge_strategy, parse_merge_strategy(*strategy));
  }
  Value* extra = fields.find("extra");
  if (extra == nullptr) return {};
  if (!extra->as_map()) return wrong(fields.path("extra"), "a table with string keys", *extra);
  prompt.extra = std::move(*extra);
  return take_sampling_from_extra(prompt);
}

Result<Prompt> read_prompt(Value::Map& map) {
  Fields fields(map, "prompt.");
  Prompt prompt;
  GVM_TAKE(prompt.system_message, fields.text("system_message"));
  std::optional<Blob> user;
  GVM_TAKE(user, fields.text("user_message"));
  if (!user) return wrong("prompt.user_message", "a string", Value::null());
  prompt.user_message = std::move(*user);
  GVM_TAKE(prompt.images, read_images(fields));
  std::optional<std::uint64_t> max_tokens;
  GVM_TAKE(max_tokens, fields.whole("max_tokens", UINT32_MAX));
  if (max_tokens) prompt.max_tokens = static_cast<std::uint32_t>(*max_tokens);
  GVM_TAKE(prompt.use_max_completion_tokens, fields.flag("use_max_completion_tokens"));
  GVM_TAKE(prompt.timeout, read_timeout(fields));
  if (auto sampled = read_sampling(fields, prompt.sampling); !sampled) return fail(sampled.error());
  if (auto extra = read_extra(fields, prompt); !extra) return fail(extra.error());
  return prompt;
}

Result<Format> read_format(Fields& fields) {
  Value* value = fields.find("format");
  if (value == nullptr || value->as_string() == "text") return Format::text;
  if (value->as_string() == "json") return Format::json;
  if (value->as_string() == "bool") return Format::boolean;
  return fail(codes::kScriptBadArgument, Fatality::fatal,
              fmt::format("llm.rs: format: expected \"text\", \"json\" or \"bool\", found {}",
                          value->as_string() ? fmt::format("\"{}\"", *value->as_string())
                                             : std::string(kind_name(value->kind()))));
}

Result<std::string> required_name(Fields& fields, std::string_view key) {
  std::optional<Blob> name;
  GVM_TAKE(name, fields.text(key));
  if (!name) return wrong(key, "a string", Value::null());
  return std::string(name->view());
}

// The prompt, and a timeout beside it, which counts before the prompt's own.
Result<Prompt> read_asked(Fields& fields) {
  Value* value = fields.find("prompt");
  if (value == nullptr || !value->as_map())
    return wrong("prompt", "a table", value ? *value : Value::null());
  auto prompt = read_prompt(*value->as_map());
  if (!prompt) return prompt;
  std::optional<std::chrono::milliseconds> timeout;
  GVM_TAKE(timeout, read_timeout(fields));
  if (timeout) prompt->timeout = timeout;
  return prompt;
}

// A list of {provider =, model =}; without a model all of the provider are meant.
Result<std::vector<PromptRequest::Name>> read_exclude(Fields& fields) {
  constexpr std::string_view kForm = "a list of tables with provider and perhaps model";
  std::vector<PromptRequest::Name> names;
  Value* value = fields.find("exclude");
  if (value == nullptr) return names;
  if (const auto* map = value->as_map(); map && map->empty()) return names;
  auto* list = value->as_array();
  if (list == nullptr) return wrong("exclude", kForm, *value);
  for (auto& item : *list) {
    auto* map = item.as_map();
    if (map == nullptr) return wrong("exclude", kForm, item);
    Fields inner(*map, "exclude.");
    PromptRequest::Name name;
    GVM_TAKE(name.provider, required_name(inner, "provider"));
    std::optional<Blob> model;
    GVM_TAKE(model, inner.text("model"));
    if (model) name.model = std::string(model->view());
    names.push_back(std::move(name));
  }
  return names;
}

Result<void> read_defaults(Fields& fields, PromptRequest& wanted) {
  Value* value = fields.find("defaults");
  if (value == nullptr) return {};
  if (!value->as_map()) return wrong("defaults", "a table", *value);
  Fields inner(*value->as_map(), "defaults.");
  GVM_TAKE(wanted.default_temperature, inner.number("temperature"));
  std::optional<std::uint64_t> max_tokens;
  GVM_TAKE(max_tokens, inner.whole("max_tokens", UINT32_MAX));
  if (max_tokens) wanted.default_max_tokens = static_cast<std::uint32_t>(*max_tokens);
  return {};
}

}  // namespace

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

Result<ProviderCall> parse_provider_call(Value request) {
  auto* map = request.as_map();
  if (map == nullptr) return wrong("request", "a table", request);
  Fields fields(*map, "");
  ProviderCall call;
  GVM_TAKE(call.provider, required_name(fields, "provider"));
  GVM_TAKE(call.model, required_name(fields, "model"));
  GVM_TAKE(call.format, read_format(fields));
  GVM_TAKE(call.prompt, read_asked(fields));
  return call;
}

Result<PromptRequest> parse_prompt_request(Value request) {
  auto* map = request.as_map();
  if (map == nullptr) return wrong("request", "a table", request);
  Fields fields(*map, "");
  PromptRequest wanted;
  GVM_TAKE(wanted.format, read_format(fields));
  GVM_TAKE(wanted.prompt, read_asked(fields));
  std::optional<Blob> strategy;
  GVM_TAKE(strategy, fields.text("strategy"));
  if (strategy) wanted.strategy = std::string(strategy->view());
  GVM_TAKE(wanted.exclude, read_exclude(fields));
  if (auto read = read_defaults(fields, wanted); !read) return fail(std::move(read).error());
  return wanted;
}

}  // namespace gvm::provider
