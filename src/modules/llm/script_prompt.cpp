#include "llm/script_prompt.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/ascii.h"
#include "base/error_codes.h"
#include "base/error_detail.h"
#include "envelope/image.h"
#include "llm/argument_fields.h"
#include "text/json.h"

namespace gvm::llm {
namespace {

using dispatch::ResolvedPrompt;
using provider::Format;
using provider::Prompt;
using provider::ProviderCall;
using routing::CandidateId;

constexpr double kLongestTimeoutSeconds = 24 * 3600;

Result<std::optional<std::chrono::milliseconds>> read_timeout(ArgumentFields& fields) {
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

Result<std::vector<std::string>> read_stop(ArgumentFields& fields) {
  std::vector<std::string> stop;
  Value* value = fields.find("stop");
  if (value == nullptr) return stop;
  if (auto one = value->as_string()) {
    stop.emplace_back(*one);
    return stop;
  }
  const auto* list = value->as_array();
  if (list == nullptr)
    return wrong_argument(fields.path("stop"), "a string or a list of strings", *value);
  for (const auto& item : *list) {
    if (!item.as_string())
      return wrong_argument(fields.path("stop"), "a string or a list of strings", item);
    stop.emplace_back(*item.as_string());
  }
  return stop;
}

// Sets the parameters that `fields` contains; all others stay unchanged.
Result<void> read_sampling(ArgumentFields& fields, provider::Sampling& sampling) {
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

Result<std::vector<Blob>> read_images(ArgumentFields& fields) {
  std::vector<Blob> images;
  Value* value = fields.find("images");
  if (value == nullptr) return images;
  if (const auto* map = value->as_map(); map && map->empty())
    return images;  // an empty table, which need not be marked as a list
  auto* list = value->as_array();
  if (list == nullptr)
    return wrong_argument(fields.path("images"), "a list of image bytes", *value);
  for (auto& item : *list) {
    auto bytes = item.as_bytes() ? item.as_bytes() : item.as_string();
    if (!bytes) return wrong_argument(fields.path("images"), "a list of image bytes", item);
    if (!envelope::image_format(*bytes)) {
      return fail(codes::kInvalidImage, Fatality::user,
                  "an image is neither PNG nor JPEG by its content");
    }
    images.push_back(std::move(*item.as_blob()));
  }
  return images;
}

// Moves names whose place depends on the provider from `extra` to `sampling`, unless they have a
// merge strategy of their own.
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
  ArgumentFields fields(named, "prompt.extra.");
  return read_sampling(fields, prompt.sampling);
}

Result<void> read_extra(ArgumentFields& fields, Prompt& prompt) {
  if (Value* strategy = fields.find("extra_merge_strategy")) {
    GVM_TAKE(prompt.extra_merge_strategy, provider::parse_merge_strategy(*strategy));
  }
  Value* extra = fields.find("extra");
  if (extra == nullptr) return {};
  if (!extra->as_map())
    return wrong_argument(fields.path("extra"), "a table with string keys", *extra);
  prompt.extra = std::move(*extra);
  return take_sampling_from_extra(prompt);
}

Result<Prompt> read_prompt(Value::Map& map) {
  ArgumentFields fields(map, "prompt.");
  Prompt prompt;
  GVM_TAKE(prompt.system_message, fields.text("system_message"));
  std::optional<Blob> user;
  GVM_TAKE(user, fields.text("user_message"));
  if (!user) return wrong_argument("prompt.user_message", "a string", Value::null());
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

Result<Format> read_format(ArgumentFields& fields) {
  Value* value = fields.find("format");
  if (value == nullptr || value->as_string() == "text") return Format::text;
  if (value->as_string() == "json") return Format::json;
  if (value->as_string() == "bool") return Format::boolean;
  return fail(codes::kScriptBadArgument, Fatality::fatal,
              fmt::format("llm.rs: format: expected \"text\", \"json\" or \"bool\", found {}",
                          value->as_string() ? fmt::format("\"{}\"", *value->as_string())
                                             : std::string(kind_name(value->kind()))));
}

using SchemaPtr = std::shared_ptr<const json_schema::Schema>;

// A table, or JSON text, which also has nulls and empty lists.
Result<SchemaPtr> read_schema(ArgumentFields& fields, Format format) {
  const Value* value = fields.find("schema");
  if (value == nullptr) return SchemaPtr();
  const auto bad = [](std::string why) {
    return fail(codes::kScriptBadArgument, Fatality::fatal, std::move(why));
  };
  if (format == Format::text) return bad("llm.rs: schema: a text answer has no schema");
  std::optional<Value> parsed;
  if (const auto text = value->as_string()) {
    auto read = text::parse_json(*text);
    if (!read) return bad(fmt::format("llm.rs: schema: {}", detail_of(read.error())));
    parsed = std::move(*read);
  }
  auto compiled = json_schema::Schema::compile(parsed ? *parsed : *value);
  if (compiled) return std::move(*compiled);
  return bad(fmt::format("llm.rs: schema{}: {}", compiled.error().at, compiled.error().why));
}

// The prompt, and a timeout beside it, which counts before the prompt's own.
Result<Prompt> read_asked(ArgumentFields& fields) {
  Value* value = fields.find("prompt");
  if (value == nullptr || !value->as_map())
    return wrong_argument("prompt", "a table", value ? *value : Value::null());
  auto prompt = read_prompt(*value->as_map());
  if (!prompt) return prompt;
  std::optional<std::chrono::milliseconds> timeout;
  GVM_TAKE(timeout, read_timeout(fields));
  if (timeout) prompt->timeout = timeout;
  return prompt;
}

// A list of {provider =, model =}; without a model all of the provider are meant.
Result<std::vector<CandidateId>> read_exclude(ArgumentFields& fields,
                                              const dispatch::Candidates& candidates) {
  constexpr std::string_view kForm = "a list of tables with provider and perhaps model";
  std::vector<CandidateId> excluded;
  Value* value = fields.find("exclude");
  if (value == nullptr) return excluded;
  if (const auto* map = value->as_map(); map && map->empty()) return excluded;
  auto* list = value->as_array();
  if (list == nullptr) return wrong_argument("exclude", kForm, *value);
  for (auto& item : *list) {
    auto* map = item.as_map();
    if (map == nullptr) return wrong_argument("exclude", kForm, item);
    ArgumentFields inner(*map, "exclude.");
    std::string provider;
    GVM_TAKE(provider, inner.required_text("provider"));
    std::optional<Blob> model;
    GVM_TAKE(model, inner.text("model"));
    const auto found = candidates.named(provider, model ? model->view() : std::string_view());
    excluded.insert(excluded.end(), found.begin(), found.end());
  }
  return excluded;
}

Result<std::optional<routing::Strategy>> read_strategy(ArgumentFields& fields) {
  std::optional<Blob> name;
  GVM_TAKE(name, fields.text("strategy"));
  if (!name || name->view().empty()) return std::optional<routing::Strategy>();
  const auto strategy = routing::parse_strategy(name->view());
  if (strategy) return strategy;
  return fail(codes::kScriptBadArgument, Fatality::fatal,
              fmt::format("llm.rs: strategy: expected priority, weighted, least_busy, latency, "
                          "cheapest or usage, found \"{}\"",
                          name->view()));
}

// What a backend must be for this prompt. A name that is not known is no demand that may be left
// out silently.
Result<config::DataDemand> read_demand(ArgumentFields& fields) {
  constexpr std::string_view kForm = "a list of names of regions";
  constexpr std::size_t kMostRegions = 64;
  config::DataDemand demand;
  Value* value = fields.find("data");
  if (value == nullptr) return demand;
  auto* map = value->as_map();
  if (map == nullptr) {
    const auto* list = value->as_array();
    if (list != nullptr && list->empty()) return demand;  // an empty table
    return wrong_argument("data", "a table", *value);
  }
  for (const auto& [name, field] : *map)
    if (name.view() != "regions" && name.view() != "zero_retention_only")
      return wrong_argument("data", "the fields regions and zero_retention_only alone", *value);
  ArgumentFields inner(*map, "data.");
  GVM_TAKE(demand.zero_retention_only, inner.flag("zero_retention_only"));
  Value* regions = inner.find("regions");
  if (regions == nullptr) return demand;
  const auto* names = regions->as_array();
  if (names == nullptr || names->empty() || names->size() > kMostRegions)
    return wrong_argument("data.regions", kForm, *regions);
  for (const auto& name : *names) {
    const auto text = name.as_string();
    if (!text || text->empty()) return wrong_argument("data.regions", kForm, name);
    demand.regions.push_back(lowered(*text));
  }
  return demand;
}

Result<void> read_defaults(ArgumentFields& fields, ResolvedPrompt& resolved) {
  Value* value = fields.find("defaults");
  if (value == nullptr) return {};
  if (!value->as_map()) return wrong_argument("defaults", "a table", *value);
  ArgumentFields inner(*value->as_map(), "defaults.");
  GVM_TAKE(resolved.default_temperature, inner.number("temperature"));
  std::optional<std::uint64_t> max_tokens;
  GVM_TAKE(max_tokens, inner.whole("max_tokens", UINT32_MAX));
  if (max_tokens) resolved.default_max_tokens = static_cast<std::uint32_t>(*max_tokens);
  return {};
}

}  // namespace

Result<ProviderCall> parse_provider_call(Value request) {
  auto* map = request.as_map();
  if (map == nullptr) return wrong_argument("request", "a table", request);
  ArgumentFields fields(*map, "");
  ProviderCall call;
  GVM_TAKE(call.provider, fields.required_text("provider"));
  GVM_TAKE(call.model, fields.required_text("model"));
  GVM_TAKE(call.format, read_format(fields));
  GVM_TAKE(call.schema, read_schema(fields, call.format));
  GVM_TAKE(call.prompt, read_asked(fields));
  GVM_TAKE(call.data, read_demand(fields));
  return call;
}

Result<ResolvedPrompt> parse_prompt(Value request, const dispatch::Candidates& candidates) {
  auto* map = request.as_map();
  if (map == nullptr) return wrong_argument("request", "a table", request);
  ArgumentFields fields(*map, "");
  ResolvedPrompt resolved;
  GVM_TAKE(resolved.format, read_format(fields));
  GVM_TAKE(resolved.schema, read_schema(fields, resolved.format));
  GVM_TAKE(resolved.prompt, read_asked(fields));
  GVM_TAKE(resolved.strategy, read_strategy(fields));
  GVM_TAKE(resolved.excluded, read_exclude(fields, candidates));
  GVM_TAKE(resolved.data, read_demand(fields));
  if (auto read = read_defaults(fields, resolved); !read) return fail(std::move(read).error());
  return resolved;
}

}  // namespace gvm::llm
