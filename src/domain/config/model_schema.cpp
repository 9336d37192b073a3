// The configuration keys of one model of a backend.
#include "config/model_schema.h"

#include <fmt/format.h>

#include "config/choice.h"
#include "config/diagnostic.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr Origin kOurs = Origin::ours;
constexpr double kMostTokens = 100'000'000;  // of an answer or a context
constexpr double kDayMs = 24.0 * 3600 * 1000;
constexpr double kAnyInteger = 9.2e18;

// The position of the key that is present, for an error that concerns several keys.
void refuse_at(const Node& node, const std::string& path, Context& context,
               std::initializer_list<std::string_view> keys, std::string message) {
  for (const auto key : keys) {
    const auto* entry = node.find(key);
    if (entry == nullptr) continue;
    return context.error(entry->mark, path + "." + entry->key, std::move(message));
  }
}

template <class S>
void check_range(const Node& node, const std::string& path, Context& context, S& setting) {
  if (setting.min > setting.max)
    return refuse_at(
        node, path, context, {"min", "max"},
        fmt::format("got min {} above max {}, expected at most that", setting.min, setting.max));
  if (!setting.preset) return;
  if (*setting.preset >= setting.min && *setting.preset <= setting.max) return;
  refuse_at(node, path, context, {"default"},
            fmt::format("got {}, expected a value between min {} and max {}", *setting.preset,
                        setting.min, setting.max));
}

// One table per parameter. The bounds are the widest that any provider accepts.
template <class S>
Section sampling_parameter(std::string_view title, S defaults, Range widest) {
  using B = SectionBuilder<S>;
  return B(title, "A value outside min..max is moved to the nearest end.", defaults)
      .leaf(&S::preset, {.name = "default",
                         .doc = "Sent when a request names none; absent: the provider's own",
                         .origin = kOurs,
                         .range = widest})
      .leaf(&S::min,
            {.name = "min", .doc = "Smallest allowed value", .origin = kOurs, .range = widest})
      .leaf(&S::max,
            {.name = "max", .doc = "Largest allowed value", .origin = kOurs, .range = widest})
      .leaf(&S::send, {.name = "send",
                       .doc = "false: never sent, for models that refuse the parameter",
                       .origin = kOurs})
      .check(check_range<S>)
      .build();
}

const Section& stop_section() {
  using S = StopSetting;
  static const Section section =
      SectionBuilder<S>("stop", "Texts that end an answer.")
          .leaf(&S::preset, {.name = "default",
                             .doc = "Sent when a request names none",
                             .origin = kOurs,
                             .range = {0, 16}})
          .leaf(&S::max_count, {.name = "max_count",
                                .doc = "Further ones are left out",
                                .origin = kOurs,
                                .range = {0, 16},
                                .unit = "texts"})
          .leaf(&S::send, {.name = "send", .doc = "false: never sent", .origin = kOurs})
          .build();
  return section;
}

const Section& sampling_section() {
  using C = SamplingConfig;
  static const C defaults;
  static const Section temperature =
      sampling_parameter("temperature", defaults.temperature, {0, 2});
  static const Section top_p = sampling_parameter("top_p", defaults.top_p, {0, 1});
  static const Section top_k = sampling_parameter("top_k", defaults.top_k, {1, 1'000'000});
  static const Section seed = sampling_parameter("seed", defaults.seed, {0, kAnyInteger});
  static const Section presence =
      sampling_parameter("presence_penalty", defaults.presence_penalty, {-2, 2});
  static const Section frequency =
      sampling_parameter("frequency_penalty", defaults.frequency_penalty, {-2, 2});
  const auto row = [](std::string_view name, std::string_view doc) {
    return Row{.name = name, .doc = doc, .origin = kOurs};
  };
  static const Section section =
      SectionBuilder<C>("sampling", "Sampling parameters of a model: defaults and allowed ranges.")
          .section(&C::temperature, temperature, row("temperature", "0 is the most predictable"))
          .section(&C::top_p, top_p, row("top_p", "Probability mass that is sampled from"))
          .section(&C::top_k, top_k, row("top_k", "Number of tokens that are sampled from"))
          .section(&C::seed, seed, row("seed", "For providers that sample repeatably"))
          .section(&C::stop, stop_section(), row("stop", "Texts that end an answer"))
          .section(&C::presence_penalty, presence,
                   row("presence_penalty", "Against repeated topics"))
          .section(&C::frequency_penalty, frequency,
                   row("frequency_penalty", "Against repeated words"))
          .build();
  return section;
}

void check_max_tokens(const Node& node, const std::string& path, Context& context,
                      MaxTokensConfig& c) {
  if (!c.preset || !c.ceiling || *c.preset <= *c.ceiling) return;
  refuse_at(
      node, path, context, {"default"},
      fmt::format("got {} above the ceiling {}, expected at most that", *c.preset, *c.ceiling));
}

const Section& max_tokens_section() {
  using C = MaxTokensConfig;
  static const Section section =
      SectionBuilder<C>("max_tokens", "Length of an answer.")
          .leaf(&C::preset, {.name = "default",
                             .doc = "When a request names none; absent: the provider's own",
                             .origin = kOurs,
                             .range = {1, kMostTokens},
                             .unit = "tokens"})
          .leaf(&C::ceiling, {.name = "ceiling",
                              .doc = "Larger requests are cut to it",
                              .origin = kOurs,
                              .range = {1, kMostTokens},
                              .unit = "tokens"})
          .check(check_max_tokens)
          .build();
  return section;
}

void check_model(const Node& node, const std::string& path, Context& context, ModelConfig& c) {
  if (!c.extra.is_null() && c.extra.as_map() == nullptr)
    refuse_at(node, path, context, {"extra"}, "got a value, expected a map of fields");
  const bool fits = !c.base_path || c.base_path->empty() ||
                    (c.base_path->starts_with('/') && !c.base_path->ends_with('/'));
  if (!fits)
    refuse_at(node, path, context, {"base_path"},
              fmt::format("got {}, expected a path such as /v1, or nothing at all",
                          in_quotes(*c.base_path)));
  check_choice(node, path, "charge_server_errors", context, c.charge_server_errors_word,
               {"never", "worst_case"});
  if (c.charge_server_errors_word == "worst_case")
    c.charge_server_errors = ChargeServerErrors::worst_case;
}

SectionBuilder<ModelConfig>& add_drop_in(SectionBuilder<ModelConfig>& table) {
  using C = ModelConfig;
  return table.leaf(&C::enabled, {.name = "enabled", .doc = "false: as if the model were not here"})
      .leaf(&C::supports_json, {.name = "supports_json", .doc = "Its JSON mode can be relied on"})
      .leaf(&C::supports_image, {.name = "supports_image", .doc = "It takes images"})
      .leaf(&C::use_max_completion_tokens,
            {.name = "use_max_completion_tokens",
             .doc = "openai-compatible: send `max_completion_tokens` in place of `max_tokens`"})
      .leaf(&C::meta, {.name = "meta", .doc = "Anything, for scripts to read"})
      .leaf(&C::timeout, {.name = "timeout",
                          .doc = "One call of this model; absent: the backend's; 0: no limit "
                                 "(24 hours)",
                          .format = Format::timeout,
                          .range = {0, kDayMs}});
}

}  // namespace

const Section& model_section() {
  using C = ModelConfig;
  static const Section section = [] {
    SectionBuilder<C> table("a model",
                            "One model of a backend. `{}` or nothing at all: all defaults.");
    return add_drop_in(table)
        .leaf(&C::alias, {.name = "alias",
                          .doc = "A second name scripts may ask for",
                          .origin = kOurs,
                          .format = Format::not_empty})
        .leaf(&C::version, {.name = "version",
                            .doc = "The pinned name sent upstream; absent: the model's own name",
                            .origin = kOurs,
                            .format = Format::not_empty})
        .section(&C::sampling, sampling_section(),
                 {.name = "sampling", .doc = "Sampling parameters", .origin = kOurs})
        .section(&C::max_tokens, max_tokens_section(),
                 {.name = "max_tokens", .doc = "Length of an answer", .origin = kOurs})
        .leaf(&C::context_length, {.name = "context_length",
                                   .doc = "Prompt and answer together; absent: unknown",
                                   .origin = kOurs,
                                   .range = {1, kMostTokens},
                                   .unit = "tokens"})
        .leaf(&C::num_ctx, {.name = "num_ctx",
                            .doc = "ollama: the context it is to load the model with; absent: "
                                   "`context_length`, and its own default without that",
                            .origin = kOurs,
                            .range = {1, kMostTokens},
                            .unit = "tokens"})
        .leaf(&C::base_path,
              {.name = "base_path",
               .doc =
                   "What stands between `host` and the method, in place of the provider's `/v1`, "
                   "`/v1beta` or `/api`: `/v1beta/openai`, or empty for a host whose path is whole",
               .origin = kOurs})
        .leaf(&C::extra, {.name = "extra",
                          .doc = "Fields merged into every request body; a script's `extra` wins",
                          .origin = kOurs,
                          .format = Format::json_object})
        .leaf(&C::form, {.name = "schema",
                         .doc = "The form its JSON answers must have; a call's own schema counts "
                                "in its place. An answer of another form is asked for again",
                         .origin = kOurs})
        .leaf(
            &C::strip_reasoning,
            {.name = "strip_reasoning",
             .doc = "What a model thinks between marks such as <think> is left out of text answers",
             .origin = kOurs})
        .leaf(&C::cut_text,
              {.name = "cut_text",
               .doc = "A text answer that a limit cut: `deliver` it marked as cut, or "
                      "`fail` over",
               .origin = kOurs})
        .leaf(
            &C::charge_server_errors_word,
            {.name = "charge_server_errors",
             .doc = "What a call is charged that ends with a status from 500 on: `never` anything "
                    "(flagged `server_error`), or its `worst_case`",
             .origin = kOurs})
        .check(check_model)
        .listable()
        .build();
  }();
  return section;
}

}  // namespace gvm::config
