// The configuration keys of `greybox`.
#include "config/greybox_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/diagnostic.h"

namespace gvm::config {

namespace {

constexpr double kMostWeight = 1'000'000;
constexpr std::size_t kMostEntries = 100;  // of one list
constexpr std::size_t kMostFilters = 16;   // as lib.rs.filter_text and lib.rs.filter_image

Row ours(std::string_view name, std::string_view doc, Range range = {}) {
  return {.name = name, .doc = doc, .origin = Origin::ours, .range = range};
}

void check_model(const Node& node, const std::string& path, Context& context, GreyboxModel& c) {
  if (c.backend.empty() == c.capability.empty())
    return context.error(node.mark, path, "expected either `backend` or `capability`");
  if (!c.model.empty() && c.backend.empty())
    return context.error(node.mark, path, "`model` needs its `backend`");
  const bool known = c.capability.empty() || c.capability == "text" || c.capability == "json" ||
                     c.capability == "image";
  if (!known)
    context.error(
        node.find("capability")->value->mark, path + ".capability",
        fmt::format("got {}, expected one of text, json, image", in_quotes(c.capability)));
}

const Section& model_section() {
  using C = GreyboxModel;
  static const Section section =
      SectionBuilder<C>("a model of a pool",
                        "One model, all models of a backend, or all models with a capability. A "
                        "text alone is a backend.")
          .leaf(&C::backend, ours("backend", "Its name under `backends`"))
          .leaf(&C::model, ours("model", "Name or alias of its model; absent: all its models"))
          .leaf(&C::capability,
                ours("capability",
                     "In place of `backend`: text (every model), json or image (those that "
                     "support it)"))
          .leaf(&C::weight, ours("weight",
                                 "How often it comes first, against the others; 0: only after "
                                 "them. Several models share it",
                                 {0, kMostWeight}))
          .shorthand("backend")
          .check(check_model)
          .build();
  return section;
}

// The ends of a range.
template <class S>
void check_range(const Node& node, const std::string& path, Context& context, S& c) {
  if (c.min.has_value() != c.max.has_value())
    return context.error(node.mark, path, "expected both `min` and `max`");
  if (!c.min || *c.min <= *c.max) return;
  context.error(node.find("min")->value->mark, path + ".min",
                fmt::format("got min {} above max {}, expected at most that", *c.min, *c.max));
}

template <class S>
Section range_section(std::string_view title, Range widest) {
  return SectionBuilder<S>(title, "Both ends belong to it; equal ends: always that value.")
      .leaf(&S::min, ours("min", "The smallest value", widest))
      .leaf(&S::max, ours("max", "The largest value", widest))
      .check(check_range<S>)
      .build();
}

const Section& phrasing_section() {
  using C = GreyboxPhrasing;
  static const Section section =
      SectionBuilder<C>("a phrasing",
                        "What stands around a prompt. A text alone is the only section.")
          .leaf(&C::weight,
                ours("weight", "How often it is drawn, against the others", {0, kMostWeight}))
          .leaf(&C::system,
                ours("system",
                     "The system text. `#{system}` is the one the prompt has; without it that one "
                     "follows behind a blank line. May name `#{open}` and `#{close}`"))
          .leaf(&C::sections,
                {.name = "sections",
                 .doc = "Joined by blank lines. One of them holds `#{prompt}`; with it may stand "
                        "`#{open}` and `#{close}`, the drawn delimiters",
                 .origin = Origin::ours,
                 .presence = Presence::required,
                 .format = Format::one_or_more})
          .leaf(&C::shuffle, ours("shuffle", "The sections stand in a drawn order"))
          .shorthand("sections")
          .check(check_phrasing)
          .build();
  return section;
}

const Section& delimiter_section() {
  using C = GreyboxDelimiter;
  static const Section section =
      SectionBuilder<C>("a pair of delimiters",
                        "What `#{open}` and `#{close}` of a phrasing become. A pair that occurs "
                        "in the prompt is replaced by a random one.")
          .leaf(&C::weight,
                ours("weight", "How often it is drawn, against the others", {0, kMostWeight}))
          .leaf(&C::open, {.name = "open",
                           .doc = "Before the prompt. `#{random}` is 16 hexadecimal digits, others "
                                  "for every prompt",
                           .origin = Origin::ours,
                           .presence = Presence::required,
                           .format = Format::not_empty})
          .leaf(&C::close, {.name = "close",
                            .doc = "Behind the prompt; `#{random}` as in `open`",
                            .origin = Origin::ours,
                            .presence = Presence::required,
                            .format = Format::not_empty})
          .check(check_delimiter)
          .build();
  return section;
}

const Section& text_filter_section() {
  using C = GreyboxTextFilter;
  static const Section section =
      SectionBuilder<C>("a text filter", "A text alone is its name, with probability 1.")
          .leaf(&C::filter, {.name = "filter",
                             .doc = "A filter of `lib.rs.filter_text`, for example `NFKC` or "
                                    "`MaxBytes:4096`",
                             .origin = Origin::ours,
                             .presence = Presence::required,
                             .format = Format::not_empty})
          .leaf(&C::probability, ours("probability", "That a prompt passes it", {0, 1}))
          .shorthand("filter")
          .check(check_text_filter)
          .build();
  return section;
}

const Section& image_filter_section() {
  using C = GreyboxImageFilter;
  static const Section section =
      SectionBuilder<C>("an image filter", "A text alone is its name, with probability 1.")
          .leaf(&C::filter,
                ours("filter",
                     "A filter of `lib.rs.filter_image`: `{Denoise: 0.4}`, `{Unsharpen: [2, 10]}`, "
                     "`Grayscale`"))
          .leaf(&C::probability, ours("probability", "That images pass it", {0, 1}))
          .shorthand("filter")
          .check(+[](const Node& node, const std::string& path, Context& context, C& c) {
            c.where = Diagnostic{context.file, node.mark, path, ""}.to_string();
            if (c.filter.is_null()) context.error(node.mark, path, "missing `filter`");
          })
          .build();
  return section;
}

template <class Entries>
void check_list(const Node& node, const std::string& path, Context& context, std::string_view key,
                const Entries& entries, std::size_t most) {
  const auto* entry = node.find(key);
  if (entry == nullptr) return;
  const auto at = fmt::format("{}.{}", path, key);
  if (entries.size() > most)
    return context.error(entry->value->mark, at,
                         fmt::format("got {} entries, expected at most {}", entries.size(), most));
  if constexpr (requires { entries.front().weight; }) {
    const auto weighs = [](const auto& each) { return each.weight > 0; };
    if (!entries.empty() && std::ranges::none_of(entries, weighs))
      context.error(entry->value->mark, at, "got weights that are all 0, expected one above 0");
  }
}

void check_kind(const Node& node, const std::string& path, Context& context, GreyboxKind& c) {
  check_list(node, path, context, "models", c.models, kMostEntries);
  check_list(node, path, context, "phrasings", c.phrasings, kMostEntries);
  check_list(node, path, context, "delimiters", c.delimiters, kMostEntries);
  check_list(node, path, context, "filters", c.filters, kMostFilters);
  check_list(node, path, context, "image_filters", c.image_filters, kMostFilters);
  const auto* models = node.find("models");
  if (models != nullptr && c.models.empty() && models->value->kind == Node::Kind::list)
    context.error(models->value->mark, path + ".models",
                  "got an empty pool, expected at least one model; without the key all models are "
                  "asked as `routing` says");
}

const Section& kind_section() {
  using C = GreyboxKind;
  static const Section temperature = range_section<DrawnNumber>("temperature", {0, 2});
  static const Section top_p = range_section<DrawnNumber>("top_p", {0, 1});
  static const Section seed = range_section<DrawnSeed>("provider_seed", {});
  static const Section section =
      SectionBuilder<C>("a kind of prompt", "What is drawn for it; absent keys draw nothing.")
          .list(&C::models, model_section(),
                ours("models", "The pool: which models are asked, in an order drawn by weight"))
          .section(&C::temperature, temperature, ours("temperature", "A range, to 4 decimals"))
          .section(&C::top_p, top_p, ours("top_p", "A range, to 4 decimals"))
          .section(&C::provider_seed, seed,
                   ours("provider_seed", "A range for the `seed` that providers get"))
          .list(&C::phrasings, phrasing_section(),
                ours("phrasings", "One of them stands around the prompt"))
          .list(&C::delimiters, delimiter_section(),
                ours("delimiters",
                     "One pair is `#{open}` and `#{close}`; without: `<data-RANDOM>` and "
                     "`</data-RANDOM>`"))
          .list(&C::filters, text_filter_section(),
                ours("filters", "Text filters that the prompt passes in this order"))
          .list(&C::image_filters, image_filter_section(),
                ours("image_filters", "Image filters that its images pass in this order"))
          .check(check_kind)
          .build();
  return section;
}

void check_seed(const Node& node, const std::string& path, Context& context, GreyboxConfig& c) {
  const auto* entry = node.find("seed");
  if (entry == nullptr || c.seed == "random" || parse_greybox_seed(c.seed)) return;
  if (c.seed.empty()) {
    c.seed = "random";
    return context.warn(entry->value->mark, path + ".seed",
                        "got nothing, so that every session draws a seed of its own");
  }
  context.error(entry->value->mark, path + ".seed",
                "got something else, expected \"random\" or a whole number of 64 bits");
}

// A kind that does not exist would draw nothing, and nobody would notice.
void refuse_unknown(const Node& node, const std::string& path, Context& context) {
  if (context.unknown_keys == UnknownKeys::refuse) return;
  const auto names = greybox_section().names();
  for (const auto& entry : node.entries) {
    if (std::ranges::find(names, entry.key) != names.end()) continue;
    if (!misspelled(entry.key, names).empty()) continue;  // told already
    context.error(
        entry.mark, path + "." + entry.key,
        fmt::format("there is no such kind of prompt, expected one of {}", fmt::join(names, ", ")));
  }
}

// `own` is the kind's part of the file; null: there is none.
void inherit(const Node* own, const GreyboxKind& all, GreyboxKind& kind) {
  const auto take = [&](std::string_view key, auto member) {
    if (own == nullptr || own->find(key) == nullptr) kind.*member = all.*member;
  };
  take("models", &GreyboxKind::models);
  take("temperature", &GreyboxKind::temperature);
  take("top_p", &GreyboxKind::top_p);
  take("provider_seed", &GreyboxKind::provider_seed);
  take("phrasings", &GreyboxKind::phrasings);
  take("delimiters", &GreyboxKind::delimiters);
  take("filters", &GreyboxKind::filters);
  take("image_filters", &GreyboxKind::image_filters);
}

void check_greybox(const Node& node, const std::string& path, Context& context, GreyboxConfig& c) {
  check_seed(node, path, context, c);
  refuse_unknown(node, path, context);
  for (const auto kind : kPromptKinds) {
    const auto* entry = node.find(name_of(kind));
    inherit(entry == nullptr ? nullptr : entry->value.get(), c.all, c.of(kind));
  }
}

}  // namespace

const Section& greybox_section() {
  using C = GreyboxConfig;
  static const Section section = [] {
    SectionBuilder<C> rows("greybox",
                           "What is drawn for each prompt from the session's seed; "
                           "docs/greyboxing.md. Without kinds nothing is drawn.");
    rows.leaf(&C::seed, ours("seed",
                             "`random`: every session draws its own; a whole number: the same "
                             "draws in every session"))
        .leaf(&C::only_pools, ours("only_pools",
                                   "No model outside of a prompt's pool is asked; false: the "
                                   "others are asked when no model of the pool answers"))
        .section(&C::all, kind_section(),
                 ours("all", "For every kind of prompt; a kind's own key replaces the one here"));
    rows.section(&C::text, kind_section(), ours("text", "Prompts that want a text"))
        .section(&C::json, kind_section(), ours("json", "Prompts that want JSON"))
        .section(&C::image, kind_section(), ours("image", "Prompts with images"))
        .section(&C::eq_comparative, kind_section(),
                 ours("eq_comparative", "The judging template of that name"))
        .section(&C::eq_non_comparative_leader, kind_section(),
                 ours("eq_non_comparative_leader", "The template of that name"))
        .section(&C::eq_non_comparative_validator, kind_section(),
                 ours("eq_non_comparative_validator", "The judging template of that name"));
    return rows.check(check_greybox).build();
  }();
  return section;
}

}  // namespace gvm::config
