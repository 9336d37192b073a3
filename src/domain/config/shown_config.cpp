#include "config/shown_config.h"

#include <algorithm>

namespace gvm::config {
namespace {

constexpr std::size_t kMostShown = 200;  // bytes of a value
constexpr std::string_view kHidden = "(not shown)";

// What stands before '@' and behind '?' of each URL.
std::string without_url_secrets(std::string text) {
  for (auto at = text.find("://"); at != text.npos; at = text.find("://", at + 3)) {
    auto end = std::min(text.find_first_of("/?# \"", at + 3), text.size());
    const auto mark = text.rfind('@', end);
    if (mark != text.npos && mark > at) {
      text.replace(at + 3, mark - at - 3, "...");
      end = std::min(text.find_first_of("/?# \"", at + 3), text.size());
    }
    const auto query = text.find_first_of("?# \"", end);
    if (query == text.npos || text[query] != '?') continue;
    const auto behind = std::min(text.find_first_of(" \"", query), text.size());
    text.replace(query, behind - query, "?...");
  }
  return text;
}

std::string cut(std::string text) {
  if (text.size() <= kMostShown) return text;
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

// A scalar, or a list of scalars in the flow form.
std::string value_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::scalar:
      return node.plain ? node.written : in_quotes(node.written);
    case Node::Kind::map:
      return std::string(kHidden);
    case Node::Kind::list:
      break;
  }
  std::string out = "[";
  for (const auto& item : node.items) {
    if (out.size() > kMostShown) break;
    out += (out.size() > 1 ? ", " : "") + value_text(*item);
  }
  return out + "]";
}

std::string shown_value(const Key& key, const Node& node) {
  if (key.secret) return std::string(kHidden);
  return cut(without_url_secrets(value_text(node)));
}

class Writer {
 public:
  void section(const Section& section, const Node* node, int depth) {
    if (node != nullptr && node->kind != Node::Kind::map) return shorthand(section, *node, depth);
    for (const auto& key : section.keys) one(key, node, depth);
    if (node == nullptr) return;
    for (const auto& entry : node->entries)
      if (section.find(entry.key) == nullptr)
        line(depth, entry.key, std::string(kHidden) + "  # unknown");
  }

  std::string take() { return std::move(out_); }

 private:
  void one(const Key& key, const Node* parent, int depth) {
    if (key.shape == Key::Shape::inlined) return section(*key.section, parent, depth);
    const Entry* entry = parent == nullptr ? nullptr : parent->find(key.name);
    const Node* node = entry == nullptr ? nullptr : entry->value.get();
    switch (key.shape) {
      case Key::Shape::leaf:
        return leaf(key, node, depth);
      case Key::Shape::section:
        line(depth, key.name, "");
        return section(*key.section, node, depth + 1);
      case Key::Shape::named:
        return named(key, node, depth);
      case Key::Shape::list:
        return list(key, node, depth);
      case Key::Shape::inlined:
        break;
    }
  }

  void leaf(const Key& key, const Node* node, int depth) {
    if (node != nullptr) return line(depth, key.name, shown_value(key, *node));
    if (!key.default_text.empty()) line(depth, key.name, key.default_text + "  # default");
  }

  void named(const Key& key, const Node* node, int depth) {
    if (node == nullptr) return;
    if (node->kind != Node::Kind::map) return line(depth, key.name, shown_value(key, *node));
    line(depth, key.name, node->entries.empty() ? "{}" : "");
    for (const auto& entry : node->entries) {
      line(depth + 1, entry.key, "");
      section(*key.section, entry.value.get(), depth + 2);
    }
  }

  void list(const Key& key, const Node* node, int depth) {
    if (node == nullptr) return;
    if (node->kind != Node::Kind::list) return line(depth, key.name, std::string(kHidden));
    line(depth, key.name, node->items.empty() ? "[]" : "");
    for (const auto& item : node->items) {
      indent(depth + 1);
      out_ += "-\n";
      section(*key.section, item.get(), depth + 2);
    }
  }

  // A word alone sets one key; whatever else stands there is not a value to be shown.
  void shorthand(const Section& section, const Node& node, int depth) {
    const Key* key = section.find(section.shorthand);
    const bool is_word = node.kind == Node::Kind::scalar && key != nullptr;
    if (is_word) return line(depth, key->name, shown_value(*key, node));
    indent(depth);
    out_ += "# ";
    out_ += node.kind == Node::Kind::null ? "null" : kHidden;
    out_ += '\n';
  }

  void indent(int depth) { out_.append(static_cast<std::size_t>(depth) * 2, ' '); }
  void line(int depth, std::string_view name, std::string_view value) {
    indent(depth);
    out_.append(name).append(":");
    if (!value.empty()) out_.append(" ").append(value);
    out_ += '\n';
  }

  std::string out_;
};

}  // namespace

std::string shown_config(const Section& section, const Node* root) {
  Writer writer;
  writer.section(section, root, 0);
  return writer.take();
}

}  // namespace gvm::config
