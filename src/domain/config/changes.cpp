#include "config/changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/document.h"
#include "config/schema.h"

namespace gvm::config {
namespace {

constexpr std::size_t kMostShown = 120;  // bytes of a value
constexpr std::string_view kHidden = "(not shown)";

enum class Show { value, nothing };

bool same(const Node* a, const Node* b);

bool same_entries(const Node& a, const Node& b) {
  return a.entries.size() == b.entries.size() &&
         std::ranges::all_of(a.entries, [&](const Entry& entry) {
           const auto* other = b.find(entry.key);
           return other != nullptr && same(entry.value.get(), other->value.get());
         });
}

bool same(const Node* a, const Node* b) {
  if (a == nullptr || b == nullptr || a == b) return a == b;
  if (a->kind != b->kind || a->text != b->text || a->plain != b->plain) return false;
  const auto equal = [](const auto& x, const auto& y) { return same(x.get(), y.get()); };
  return std::ranges::equal(a->items, b->items, equal) && same_entries(*a, *b);
}

// The user information of every URL in it is left out.
std::string without_users(std::string text) {
  for (auto at = text.find("://"); at != text.npos; at = text.find("://", at + 3)) {
    const auto end = std::min(text.find_first_of("/?# \"", at + 3), text.size());
    const auto mark = text.rfind('@', end);
    if (mark != text.npos && mark > at) text.replace(at + 3, mark - at - 3, "...");
  }
  return text;
}

// In YAML's flow form. Stops once it is long enough to be cut.
void write(const Node& node, std::string& out) {
  if (out.size() > kMostShown) return;
  if (node.kind == Node::Kind::null) out += "null";
  if (node.kind == Node::Kind::scalar) out += node.plain ? node.written : in_quotes(node.written);
  if (node.kind == Node::Kind::list) {
    out += '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) out += ", ";
      write(*node.items[i], out);
    }
    out += ']';
  }
  if (node.kind == Node::Kind::map) {
    out += '{';
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      out += (i > 0 ? ", " : "") + node.entries[i].key + ": ";
      write(*node.entries[i].value, out);
    }
    out += '}';
  }
}

std::string shown_value(const Node* node, Show show) {
  if (node == nullptr) return {};
  if (show == Show::nothing) return std::string(kHidden);
  std::string text;
  write(*node, text);
  text = without_users(std::move(text));
  if (text.size() <= kMostShown) return text;
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

bool is_map(const Node* node) {
  return node != nullptr && node->kind == Node::Kind::map;
}
bool has_entries(const Node* node) {
  return is_map(node) && !node->entries.empty();
}
bool is_list(const Node* node) {
  return node != nullptr && node->kind == Node::Kind::list;
}

// A node that may be absent in one of the texts.
struct Pair {
  const Node* before = nullptr;
  const Node* after = nullptr;
};

class Comparison {
 public:
  explicit Comparison(const std::vector<std::string_view>& restart) : restart_(restart) {}

  void section(const Section& section, Pair nodes, const std::string& path) {
    each_entry(nodes, [&](const std::string& name, Pair values) {
      const auto inner = path.empty() ? name : path + "." + name;
      const Key* key = section.find(name);
      if (key == nullptr) return value(values, inner, Show::nothing);
      known(*key, values, inner);
    });
  }

  std::vector<Change> take() { return std::move(found_); }

 private:
  void known(const Key& key, Pair values, const std::string& path) {
    switch (key.shape) {
      case Key::Shape::leaf:
      case Key::Shape::inlined:
        return value(values, path, key.secret ? Show::nothing : Show::value);
      case Key::Shape::section:
        return inner_section(*key.section, values, path);
      case Key::Shape::named:
        return each_named(*key.section, values, path);
      case Key::Shape::list:
        return each_item(*key.section, values, path);
    }
  }

  // One that is absent on one side, or written in a short form, is shown as far as its keys can be.
  void inner_section(const Section& inner, Pair values, const std::string& path) {
    if (same(values.before, values.after)) return;
    const bool maps = (values.before == nullptr || is_map(values.before)) &&
                      (values.after == nullptr || is_map(values.after));
    const bool some = has_entries(values.before) || has_entries(values.after);
    if (maps && some) return section(inner, values, path);
    value(values, path, maps ? Show::value : Show::nothing);
  }

  void each_named(const Section& inner, Pair values, const std::string& path) {
    if (!is_map(values.before) && !is_map(values.after)) return value(values, path, Show::value);
    const auto map_of = [](const Node* node) { return is_map(node) ? node : nullptr; };
    each_entry({map_of(values.before), map_of(values.after)},
               [&](const std::string& name, Pair entry) {
                 inner_section(inner, entry, path + "." + name);
               });
  }

  void each_item(const Section& inner, Pair values, const std::string& path) {
    const auto size = [](const Node* node) { return is_list(node) ? node->items.size() : 0; };
    const auto item = [&](const Node* node, std::size_t i) {
      return i < size(node) ? node->items[i].get() : nullptr;
    };
    const auto count = std::max(size(values.before), size(values.after));
    for (std::size_t i = 0; i < count; ++i)
      inner_section(inner, {item(values.before, i), item(values.after, i)},
                    fmt::format("{}[{}]", path, i));
  }

  template <class Visit>
  static void each_entry(Pair maps, const Visit& visit) {
    const auto in = [](const Node* map, const std::string& name) -> const Node* {
      const Entry* entry = map == nullptr ? nullptr : map->find(name);
      return entry == nullptr ? nullptr : entry->value.get();
    };
    if (maps.after != nullptr)
      for (const auto& entry : maps.after->entries)
        visit(entry.key, Pair{in(maps.before, entry.key), entry.value.get()});
    if (maps.before == nullptr) return;
    for (const auto& entry : maps.before->entries)
      if (in(maps.after, entry.key) == nullptr) visit(entry.key, Pair{entry.value.get(), nullptr});
  }

  void value(Pair values, const std::string& path, Show show) {
    if (same(values.before, values.after)) return;
    Change change;
    change.key = path;
    if (values.after != nullptr) change.mark = values.after->mark;
    change.before = shown_value(values.before, show);
    change.after = shown_value(values.after, show);
    change.restart = needs_restart(path);
    found_.push_back(std::move(change));
  }

  bool needs_restart(std::string_view path) const {
    return std::ranges::any_of(restart_, [&](std::string_view key) {
      if (!path.starts_with(key)) return false;
      return path.size() == key.size() || path[key.size()] == '.' || path[key.size()] == '[';
    });
  }

  const std::vector<std::string_view>& restart_;
  std::vector<Change> found_;
};

}  // namespace

std::string Change::to_string(const std::string& file) const {
  const auto place = mark.line == 0 ? file : fmt::format("{}:{}:{}", file, mark.line, mark.column);
  return fmt::format("{}: {}: {} -> {}{}", place, key, before.empty() ? "(not set)" : before,
                     after.empty() ? "(not set)" : after,
                     restart ? " (takes effect at the next start)" : "");
}

std::vector<Change> changes(std::string_view before, std::string_view after, ModuleKind kind,
                            const Environment& env) {
  auto old = parse_document(before, "");
  auto now = parse_document(after, "");
  if (old.root) expand_strings(old, "", env);
  if (now.root) expand_strings(now, "", env);
  Comparison comparison(restart_keys(kind));
  comparison.section(kind == ModuleKind::llm ? llm_section() : web_section(),
                     {old.root.get(), now.root.get()}, "");
  return comparison.take();
}

}  // namespace gvm::config
