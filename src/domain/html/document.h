#pragma once
// An HTML document: immutable, compact, without recursion. Nodes are in document order, so a
// subtree is a range of ids: [id, end(id)). Thread-safe after construction.
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "html/limits.h"
#include "html/tag.h"
#include "url/url.h"

namespace gvm::html {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xffffffff;

enum class NodeType : std::uint8_t { document, element, text, comment };

// The names of elements and attributes. Those of known elements are the tags themselves.
using Atom = std::uint32_t;
inline constexpr Atom kFirstOwnAtom = static_cast<Atom>(Tag::unknown);
inline constexpr Atom kNoAtom = 0xffffffff;

struct Attribute {
  Atom name;
  std::uint32_t offset;
  std::uint32_t size;
};

// What becomes of declarative shadow trees, <template shadowrootmode>: they stand in their hosts as
// they are shown, what is assigned to their slots in its place; or they stay templates.
enum class Shadows : std::uint8_t { composed, as_written };

class Document {
 public:
  // Parses UTF-8; invalid bytes become U+FFFD. `url` is the base of relative links; `stop` ends the
  // parse early with CANCELLED. Errors: TOO_LARGE, DOCUMENT_TOO_COMPLEX with ctx {limit=,
  // maximum=}; not fatal.
  static Result<std::shared_ptr<const Document>> parse(std::string_view utf8,
                                                       const url::Url* url = nullptr,
                                                       const Limits& limits = {},
                                                       const std::atomic<bool>* stop = nullptr,
                                                       Shadows shadows = Shadows::composed);

  const Limits& limits() const { return limits_; }
  NodeId root() const { return 0; }
  NodeId size() const { return static_cast<NodeId>(nodes_.size()); }
  NodeId head() const { return head_; }  // kNoNode when there is none, as in a frameset for body
  NodeId body() const { return body_; }
  bool has_doctype() const { return has_doctype_; }

  NodeType type(NodeId id) const { return nodes_[id].type; }
  bool is_element(NodeId id) const { return type(id) == NodeType::element; }
  bool is_text(NodeId id) const { return type(id) == NodeType::text; }
  Tag tag(NodeId id) const { return nodes_[id].tag; }  // unknown for what is no HTML element
  bool is_html(NodeId id) const { return nodes_[id].space == 0; }
  Atom name_atom(NodeId id) const { return nodes_[id].name; }
  std::string_view name(NodeId id) const { return atom_text(nodes_[id].name); }
  // Of a text or a comment.
  std::string_view text(NodeId id) const { return pooled(nodes_[id].offset, nodes_[id].count); }

  NodeId parent(NodeId id) const { return nodes_[id].parent; }
  NodeId end(NodeId id) const { return nodes_[id].end; }
  NodeId first_child(NodeId id) const { return end(id) > id + 1 ? id + 1 : kNoNode; }
  NodeId next_sibling(NodeId id) const {
    const NodeId next = end(id);
    return parent(id) != kNoNode && next < end(parent(id)) ? next : kNoNode;
  }
  // The element sibling before it.
  NodeId previous_element(NodeId id) const { return nodes_[id].previous; }
  // From 1, among the element children of its parent.
  std::uint32_t element_index(NodeId id) const { return nodes_[id].index; }
  std::uint32_t element_children(NodeId id) const { return nodes_[id].children; }

  std::size_t attribute_count(NodeId id) const { return is_element(id) ? nodes_[id].count : 0; }
  const Attribute& attribute(NodeId id, std::size_t i) const {
    return attributes_[nodes_[id].offset + i];
  }
  std::string_view attribute_value(const Attribute& a) const { return pooled(a.offset, a.size); }
  std::optional<std::string_view> attribute(NodeId id, Atom name) const;
  std::optional<std::string_view> attribute(NodeId id, std::string_view name) const {
    return attribute(id, atom(name));
  }

  // kNoAtom when nothing in the document has this name. Lower case.
  Atom atom(std::string_view name) const;
  std::string_view atom_text(Atom atom) const;

  // The URL of the document, or nothing.
  const url::Url* url() const { return url_ ? &*url_ : nullptr; }
  // The base for relative links: <base href>, else the URL.
  const url::Url* base() const { return base_ ? &*base_ : url(); }
  // Absolute, or nothing when there is no base or it does not parse.
  std::optional<url::Url> resolve(std::string_view reference) const;

  // The cost of traversing a subtree: its nodes, plus an eighth of the bytes of text and
  // attributes.
  std::uint64_t weight(NodeId id) const {
    const std::size_t bytes =
        (end(id) < size() ? nodes_[end(id)].mark : pool_.size()) - nodes_[id].mark;
    return (end(id) - id) + bytes / 8;
  }

  // All texts below, as they are.
  std::string text_content(NodeId id) const;
  std::size_t memory_bytes() const;

 private:
  friend class Builder;
  struct Node {
    NodeId parent = kNoNode;
    NodeId end = 0;
    NodeId previous = kNoNode;
    std::uint32_t index = 0;
    std::uint32_t children = 0;
    Atom name = kNoAtom;
    std::uint32_t offset = 0;  // of its text in the pool, or of its first attribute
    std::uint32_t count = 0;   // bytes of text, or attributes
    std::uint32_t mark = 0;    // size of the pool when it was made
    NodeType type = NodeType::document;
    std::uint8_t space = 0;  // 0 HTML, 1 SVG, 2 MathML
    Tag tag = Tag::unknown;
  };

  std::string_view pooled(std::uint32_t offset, std::uint32_t size) const {
    return std::string_view(pool_).substr(offset, size);
  }
  void find_base();

  Limits limits_;
  std::vector<Node> nodes_;
  std::vector<Attribute> attributes_;
  std::string pool_;
  std::vector<std::unique_ptr<std::string>> names_;  // of atoms from kFirstOwnAtom on
  std::unordered_map<std::string_view, Atom> own_atoms_;
  std::optional<url::Url> url_;
  std::optional<url::Url> base_;
  NodeId head_ = kNoNode;
  NodeId body_ = kNoNode;
  bool has_doctype_ = false;
};

// DOCUMENT_TOO_COMPLEX, naming the limit.
Error too_complex(std::string_view limit, std::uint64_t maximum);

// Visits `root` and everything below it in document order: enter(id) returns whether to visit its
// children; leave(id) is called after them for elements that were entered.
template <class Enter, class Leave>
void walk(const Document& document, NodeId root, Enter&& enter, Leave&& leave) {
  std::vector<NodeId> open;
  const NodeId stop = document.end(root);
  for (NodeId id = root; id < stop;) {
    while (!open.empty() && document.end(open.back()) <= id) {
      leave(open.back());
      open.pop_back();
    }
    if (enter(id)) {
      open.push_back(id);
      ++id;
    } else {
      id = document.end(id);
    }
  }
  for (; !open.empty(); open.pop_back()) leave(open.back());
}

}  // namespace gvm::html
