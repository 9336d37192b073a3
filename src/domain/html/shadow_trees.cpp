#include "html/shadow_trees.h"

#include <lexbor/html/interfaces/template_element.h>
#include <lexbor/ns/ns.h>
#include <lexbor/tag/tag.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"

namespace gvm::html {

namespace {

std::string_view to_view(const lxb_char_t* text, std::size_t size) {
  return text == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(text), size);
}

std::string_view name_of(const lxb_dom_element_t& element) {
  std::size_t size = 0;
  const lxb_char_t* name =
      lxb_dom_element_local_name(const_cast<lxb_dom_element_t*>(&element), &size);
  return to_view(name, size);
}

std::optional<std::string_view> attribute_of(const lxb_dom_element_t& element,
                                             std::string_view wanted) {
  for (const auto* at = element.first_attr; at != nullptr; at = at->next) {
    std::size_t size = 0;
    const lxb_char_t* name = lxb_dom_attr_qualified_name(at, &size);
    if (to_view(name, size) != wanted) continue;
    return at->value == nullptr ? std::string_view() : to_view(at->value->data, at->value->length);
  }
  return std::nullopt;
}

bool is_html_element(const lxb_dom_node_t& node) {
  return node.type == LXB_DOM_NODE_TYPE_ELEMENT && node.ns == LXB_NS_HTML;
}

const lxb_dom_element_t& to_element(const lxb_dom_node_t& node) {
  return reinterpret_cast<const lxb_dom_element_t&>(node);
}

// HTML Standard, 4.13.3: a name of a custom element.
bool is_custom(std::string_view name) {
  constexpr std::array<std::string_view, 8> kReserved = {
      "annotation-xml", "color-profile", "font-face",     "font-face-format",
      "font-face-name", "font-face-src", "font-face-uri", "missing-glyph"};
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
         name.find('-') != std::string_view::npos &&
         std::ranges::find(kReserved, name) == kReserved.end();
}

// DOM Standard, "attach a shadow root".
bool may_be_host(std::string_view name) {
  constexpr std::array<std::string_view, 18> kNames = {
      "article", "aside", "blockquote", "body",   "div",  "footer", "h1", "h2",      "h3",
      "h4",      "h5",    "h6",         "header", "main", "nav",    "p",  "section", "span"};
  return std::ranges::binary_search(kNames, name) || is_custom(name);
}

enum class Mode { none, open, closed };

Mode mode_of(const lxb_dom_node_t& node) {
  if (!is_html_element(node) || node.local_name != LXB_TAG_TEMPLATE) return Mode::none;
  const auto mode = attribute_of(to_element(node), "shadowrootmode");
  if (!mode) return Mode::none;
  if (equal_ignoring_case(*mode, "open")) return Mode::open;
  return equal_ignoring_case(*mode, "closed") ? Mode::closed : Mode::none;
}

// The child that is the element's shadow root: the first one counts.
const lxb_dom_node_t* shadow_root_of(const lxb_dom_element_t& host) {
  const lxb_dom_node_t* child = host.node.first_child;
  while (child != nullptr && mode_of(*child) == Mode::none) child = child->next;
  return child == nullptr || !may_be_host(name_of(host)) ? nullptr : child;
}

// The next node of a tree in document order; null at its end.
const lxb_dom_node_t* next_in(const lxb_dom_node_t* node, const lxb_dom_node_t* parent) {
  if (node->first_child != nullptr) return node->first_child;
  while (node->next == nullptr) {
    node = node->parent;
    if (node == nullptr || node == parent) return nullptr;
  }
  return node->next;
}

// Each slot of a tree by its name; the first of a name counts.
std::unordered_map<std::string_view, const lxb_dom_node_t*> slots_in(
    const lxb_dom_node_t* first_of_tree) {
  std::unordered_map<std::string_view, const lxb_dom_node_t*> slots;
  if (first_of_tree == nullptr) return slots;
  const lxb_dom_node_t* parent = first_of_tree->parent;
  for (const auto* node = first_of_tree; node != nullptr; node = next_in(node, parent)) {
    if (!is_html_element(*node) || name_of(to_element(*node)) != "slot") continue;
    slots.emplace(attribute_of(to_element(*node), "name").value_or(""), node);
  }
  return slots;
}

std::string_view slot_wanted_by(const lxb_dom_node_t& node) {
  if (node.type != LXB_DOM_NODE_TYPE_ELEMENT) return {};
  return attribute_of(to_element(node), "slot").value_or("");
}

}  // namespace

const lxb_dom_node_t* template_content(const lxb_dom_node_t& node) {
  const auto& element = reinterpret_cast<const lxb_html_template_element_t&>(node);
  return element.content == nullptr ? node.first_child : element.content->node.first_child;
}

const lxb_dom_node_t* ShownChildren::take() {
  if (list != nullptr) return at < list->size() ? (*list)[at++] : nullptr;
  const lxb_dom_node_t* node = next;
  if (node != nullptr) next = node->next;
  return node;
}

const LexborNodes* ShadowTrees::keep(LexborNodes nodes) {
  return nodes.empty() ? nullptr : &lists_.emplace_back(std::move(nodes));
}

ShownChildren ShadowTrees::children_of(const lxb_dom_element_t& element) {
  if (const lxb_dom_node_t* root = shadow_root_of(element))
    return of_host(element, *root, mode_of(*root) == Mode::open);
  const auto found = assigned_.find(&element.node);
  if (found != assigned_.end()) return {.list = found->second};
  return {.next = element.node.first_child};
}

ShownChildren ShadowTrees::of_host(const lxb_dom_element_t& host, const lxb_dom_node_t& root,
                                   bool open) {
  const lxb_dom_node_t* content = template_content(root);
  const auto slots = slots_in(content);
  std::unordered_map<const lxb_dom_node_t*, LexborNodes> assigned;
  LexborNodes shown;
  LexborNodes left_out;
  for (const auto* child = host.node.first_child; child != nullptr; child = child->next) {
    const bool may_be_shown =
        child->type == LXB_DOM_NODE_TYPE_ELEMENT || child->type == LXB_DOM_NODE_TYPE_TEXT;
    if (child == &root || !may_be_shown) continue;
    const auto slot = slots.find(slot_wanted_by(*child));
    if (slot == slots.end()) {
      left_out.push_back(child);
    } else {
      shown.push_back(child);
      assigned[slot->second].push_back(child);
    }
  }
  if (!open) {
    lists_.push_back(std::move(shown));
    return {.list = &lists_.back(), .left_out = keep(std::move(left_out))};
  }
  for (auto& [slot, nodes] : assigned) assigned_.emplace(slot, keep(std::move(nodes)));
  return {.next = content, .left_out = keep(std::move(left_out))};
}

}  // namespace gvm::html
