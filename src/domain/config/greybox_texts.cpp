// What the texts of `greybox` may hold.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/diagnostic.h"
#include "config/greybox_schema.h"
#include "text/filter.h"

namespace gvm::config {

namespace {

constexpr std::size_t kMostDelimiterBytes = 128;

using Names = std::vector<std::string_view>;
const Names kSystemNames = {"system", "open", "close"};
const Names kSectionNames = {"prompt", "open", "close"};
const Names kDelimiterNames = {"random"};

struct Place {
  Mark mark;
  std::string path;
  Context& context;

  void refuse(std::string message) const { context.error(mark, path, std::move(message)); }
};

// Of a key, or of one of the list's texts.
Place place_of(const Node& node, const std::string& path, std::string_view key, Context& context) {
  const auto* entry = node.find(key);
  return {entry == nullptr ? node.mark : entry->value->mark, fmt::format("{}.{}", path, key),
          context};
}

Place place_of_section(const Node& node, const std::string& path, std::size_t index,
                       Context& context) {
  const auto* entry = node.find("sections");
  if (entry == nullptr || entry->value->kind != Node::Kind::list)
    return place_of(node, path, "sections", context);
  return {entry->value->items[index]->mark, fmt::format("{}.sections[{}]", path, index), context};
}

std::string marked(const Names& names) {
  std::vector<std::string> all;
  for (const auto name : names) all.push_back(fmt::format("#{{{}}}", name));
  return fmt::format("{}", fmt::join(all, ", "));
}

RuntimeTemplate compile(const Place& place, const std::string& text, const Names& allowed) {
  auto compiled = RuntimeTemplate::compile(text, Malformed::refuse);
  if (!compiled) {
    place.refuse(compiled.error());
    return {};
  }
  for (const auto& name : compiled->names())
    if (std::ranges::find(allowed, name) == allowed.end())
      place.refuse(fmt::format("got the unknown #{{{}}}, expected only {}", name, marked(allowed)));
  return std::move(*compiled);
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

bool holds(const RuntimeTemplate& text, std::string_view name) {
  return std::ranges::count(text.names(), name) > 0;
}

bool holds_delimiter(const RuntimeTemplate& text) {
  return holds(text, "open") || holds(text, "close");
}

void check_prompt_place(const Place& place, const GreyboxPhrasing& c) {
  std::size_t count = 0;
  for (const auto& section : c.sections) count += count_of(section, "#{prompt}");
  if (count != 1)
    return place.refuse(fmt::format(
        "got #{{prompt}} {} times, expected it once: the prompt stands in its place", count));
  for (const auto& section : c.compiled_sections) {
    const bool whole = holds(section, "open") && holds(section, "close");
    if (c.delimited && holds(section, "prompt") && !whole)
      place.refuse("expected #{open} and #{close} in the section that holds #{prompt}");
  }
}

}  // namespace

void check_phrasing(const Node& node, const std::string& path, Context& context,
                    GreyboxPhrasing& c) {
  if (c.sections.empty() && node.find("sections") == nullptr) return;  // told already
  c.compiled_system = compile(place_of(node, path, "system", context), c.system, kSystemNames);
  c.delimited = holds_delimiter(c.compiled_system);
  for (std::size_t i = 0; i < c.sections.size(); ++i) {
    const auto place = place_of_section(node, path, i, context);
    c.compiled_sections.push_back(compile(place, c.sections[i], kSectionNames));
    c.delimited = c.delimited || holds_delimiter(c.compiled_sections.back());
  }
  check_prompt_place(place_of(node, path, "sections", context), c);
}

void check_delimiter(const Node& node, const std::string& path, Context& context,
                     GreyboxDelimiter& c) {
  for (const auto& [key, text] : {std::pair{"open", &c.open}, {"close", &c.close}}) {
    const auto place = place_of(node, path, key, context);
    compile(place, *text, kDelimiterNames);
    if (text->size() > kMostDelimiterBytes)
      place.refuse(
          fmt::format("got {} bytes, expected at most {}", text->size(), kMostDelimiterBytes));
  }
}

void check_text_filter(const Node& node, const std::string& path, Context& context,
                       GreyboxTextFilter& c) {
  if (c.filter.empty() || text::text_filter_named(c.filter)) return;
  const auto known = text::text_filter_names();
  auto message = fmt::format("there is no text filter {}, expected one of {}", in_quotes(c.filter),
                             fmt::join(known, ", "));
  const auto close = nearest(c.filter, {known.begin(), known.end()});
  if (!close.empty()) message += fmt::format("; nearest is \"{}\"", close);
  place_of(node, path, "filter", context).refuse(std::move(message));
}

}  // namespace gvm::config
