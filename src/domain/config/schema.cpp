#include "config/schema.h"

#include <fmt/format.h>

namespace gvm::config {

namespace {

struct Place {
  const Section& section;
  const std::string& path;
  Context& context;
};

std::string child_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

void complain_of_unknown(const Place& place, const Entry& entry) {
  const auto known = place.section.names();
  const auto meant = misspelled(entry.key, known);
  const bool refused = !meant.empty() || place.context.unknown_keys == UnknownKeys::refuse;
  auto message = fmt::format("unknown key, {} a key of {}", refused ? "expected" : "ignored; not",
                             place.section.title);
  const auto close = meant.empty() ? nearest(entry.key, known) : meant;
  if (!close.empty()) message += fmt::format(", nearest is \"{}\"", close);
  const auto path = child_path(place.path, entry.key);
  refused ? place.context.error(entry.mark, path, std::move(message))
          : place.context.warn(entry.mark, path, std::move(message));
}

void read_named(const Key& key, const Node& node, const std::string& path, Context& context,
                void* target) {
  if (node.kind != Node::Kind::map)
    return context.error(node.mark, path,
                         fmt::format("got {}, expected a map of names, each {}", describe(node),
                                     key.section->title));
  for (const auto& entry : node.entries) {
    const auto inner = child_path(path, entry.key);
    if (entry.key.empty()) {
      context.error(entry.mark, inner, "got an empty name, expected a name");
      continue;
    }
    read_section(*key.section, *entry.value, inner, context, key.add(target, entry.key));
  }
}

void read_list(const Key& key, const Node& node, const std::string& path, Context& context,
               void* target) {
  if (node.kind != Node::Kind::list)
    return context.error(
        node.mark, path,
        fmt::format("got {}, expected a list, each {}", describe(node), key.section->title));
  for (std::size_t i = 0; i < node.items.size(); ++i)
    read_section(*key.section, *node.items[i], fmt::format("{}[{}]", path, i), context,
                 key.add(target, {}));
}

// The older form of `models`: a list of names.
NodePtr names_to_map(const Node& list) {
  auto map = std::make_shared<Node>();
  map->kind = Node::Kind::map;
  map->mark = list.mark;
  for (const auto& item : list.items) {
    auto nothing = std::make_shared<Node>();
    nothing->mark = item->mark;
    map->entries.push_back({item->text, item->mark, std::move(nothing)});
  }
  return map;
}

bool is_list_of_names(const Node& node) {
  if (node.kind != Node::Kind::list) return false;
  for (const auto& item : node.items)
    if (item->kind != Node::Kind::scalar) return false;
  return true;
}

void read_key(const Key& key, const Node& node, const std::string& path, Context& context,
              void* target) {
  switch (key.shape) {
    case Key::Shape::leaf:
      return key.read({node, path, key.rule, context}, target);
    case Key::Shape::section:
      return read_section(*key.section, node, path, context, key.member(target));
    case Key::Shape::named:
      if (key.section->listable && is_list_of_names(node))
        return read_named(key, *names_to_map(node), path, context, target);
      return read_named(key, node, path, context, target);
    case Key::Shape::list:
      return read_list(key, node, path, context, target);
    case Key::Shape::inlined:
      return;  // read_keys descends into inlined sections itself
  }
}

// The keys of `section` and, recursively, of the sections inlined into it.
void read_keys(const Place& place, const Section& section, const Node& node, void* target) {
  for (const auto& key : section.keys) {
    if (key.shape == Key::Shape::inlined) {
      read_keys(place, *key.section, node, key.member(target));
      continue;
    }
    const auto path = child_path(place.path, key.name);
    const auto* entry = node.find(key.name);
    const bool absent = entry == nullptr || entry->value->kind == Node::Kind::null;
    if (!absent) read_key(key, *entry->value, path, place.context, target);
    if (absent && key.presence == Presence::required)
      place.context.error(entry != nullptr ? entry->mark : node.mark, path,
                          "missing, expected " + (key.form.empty() ? "a map" : key.form));
  }
  if (section.check) section.check(node, place.path, place.context, target);
}

void read_map(const Place& place, const Node& node, void* target) {
  for (const auto& entry : node.entries)
    if (place.section.find(entry.key) == nullptr) complain_of_unknown(place, entry);
  read_keys(place, place.section, node, target);
}

// {shorthand: text}
Node as_map(const Section& section, const Node& text) {
  Node map;
  map.kind = Node::Kind::map;
  map.mark = text.mark;
  map.entries.push_back({std::string(section.shorthand), text.mark, std::make_shared<Node>(text)});
  return map;
}

}  // namespace

const Key* Section::find(std::string_view name) const {
  for (const auto& key : keys) {
    if (key.shape != Key::Shape::inlined) {
      if (key.name == name) return &key;
      continue;
    }
    if (const auto* found = key.section->find(name)) return found;
  }
  return nullptr;
}

std::vector<std::string_view> Section::names() const {
  std::vector<std::string_view> out;
  for (const auto& key : keys) {
    if (key.shape != Key::Shape::inlined) {
      out.push_back(key.name);
      continue;
    }
    const auto inner = key.section->names();
    out.insert(out.end(), inner.begin(), inner.end());
  }
  return out;
}

void read_section(const Section& section, const Node& node, const std::string& path,
                  Context& context, void* target) {
  const Place place{section, path, context};
  if (node.kind == Node::Kind::scalar && !section.shorthand.empty())
    return read_map(place, as_map(section, node), target);
  const bool fits = node.kind == Node::Kind::map || node.kind == Node::Kind::null;
  if (fits) return read_map(place, node, target);
  context.error(
      node.mark, path,
      fmt::format("got {}, expected a map of the keys of {}", describe(node), section.title));
}

}  // namespace gvm::config
