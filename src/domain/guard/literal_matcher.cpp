#include "guard/literal_matcher.h"

#include <algorithm>

namespace gvm::guard {

std::uint32_t LiteralMatcher::child_while_adding(std::uint32_t node, unsigned char byte) {
  for (auto at = nodes_[node].first_edge; at != 0; at = nodes_[at].sibling)
    if (nodes_[at].byte == byte) return at;
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  Node child;
  child.byte = byte;
  child.depth = nodes_[node].depth + 1;
  child.sibling = nodes_[node].first_edge;
  nodes_.push_back(child);
  nodes_[node].first_edge = made;
  ++nodes_[node].edges;
  return made;
}

void LiteralMatcher::add(std::string_view literal, std::uint32_t id) {
  std::uint32_t node = 0;
  for (const char c : literal) node = child_while_adding(node, static_cast<unsigned char>(c));
  outputs_.push_back({id, nodes_[node].outputs});
  nodes_[node].outputs = static_cast<std::uint32_t>(outputs_.size() - 1);
}

// Numbers the nodes by depth, so that the ones that most bytes visit lie together.
void LiteralMatcher::order_by_depth() {
  std::vector<std::uint32_t> order = {0};
  std::vector<std::uint32_t> place(nodes_.size(), 0);
  order.reserve(nodes_.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = static_cast<std::uint32_t>(i);
    for (auto at = nodes_[order[i]].first_edge; at != 0; at = nodes_[at].sibling)
      order.push_back(at);
  }
  edges_.reserve(nodes_.size());
  std::vector<Node> ordered;
  ordered.reserve(nodes_.size());
  for (const auto old : order) {
    Node node = nodes_[old];
    const auto first = edges_.size();
    for (auto at = node.first_edge; at != 0; at = nodes_[at].sibling)
      edges_.push_back({place[at], nodes_[at].byte});
    std::ranges::sort(edges_.begin() + static_cast<std::ptrdiff_t>(first), edges_.end(), {},
                      &Edge::byte);
    node.first_edge = static_cast<std::uint32_t>(first);
    ordered.push_back(node);
  }
  nodes_ = std::move(ordered);
}

std::uint32_t LiteralMatcher::child(std::uint32_t node, unsigned char byte) const {
  const auto* const first = edges_.data() + nodes_[node].first_edge;
  const auto* const last = first + nodes_[node].edges;
  const auto* const at = std::ranges::lower_bound(first, last, byte, {}, &Edge::byte);
  return at != last && at->byte == byte ? at->to : 0;
}

// Parents come before their children.
void LiteralMatcher::link() {
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    const auto first = nodes_[node].first_edge;
    for (auto e = first; e < first + nodes_[node].edges; ++e) {
      auto& child_node = nodes_[edges_[e].to];
      auto fail = nodes_[node].fail;
      while (fail != 0 && child(fail, edges_[e].byte) == 0) fail = nodes_[fail].fail;
      child_node.fail = node == 0 ? 0 : child(fail, edges_[e].byte);
      child_node.report =
          child_node.outputs != kNone ? edges_[e].to : nodes_[child_node.fail].report;
    }
  }
}

std::uint32_t LiteralMatcher::next_of_sparse(std::uint32_t node, unsigned char byte) const {
  while (node >= dense_) {
    if (const auto to = child(node, byte); to != 0) return entry_of(to);
    node = nodes_[node].fail;
  }
  return table_[node * width_ + columns_[byte]];
}

void LiteralMatcher::choose_columns() {
  std::array<bool, 256> used{};
  for (const auto& edge : edges_) used[edge.byte] = true;
  width_ = 1;
  for (std::size_t byte = 0; byte < used.size(); ++byte)
    if (used[byte]) columns_[byte] = static_cast<std::uint16_t>(width_++);
}

// A node's row is the one of its `fail`, which is nearer to the root, with its own edges.
void LiteralMatcher::fill_table() {
  const auto rows = std::max<std::size_t>(kTableBytes / sizeof(std::uint32_t) / width_, 1);
  dense_ = static_cast<std::uint32_t>(std::min(nodes_.size(), rows));
  first_sparse_ = dense_ * width_;
  table_.resize(first_sparse_);
  for (std::uint32_t node = 0; node < dense_; ++node) {
    auto* const row = table_.data() + std::size_t{node} * width_;
    if (node != 0)
      std::copy_n(table_.data() + std::size_t{nodes_[node].fail} * width_, width_, row);
    const auto first = nodes_[node].first_edge;
    for (auto e = first; e < first + nodes_[node].edges; ++e)
      row[columns_[edges_[e].byte]] = entry_of(edges_[e].to);
  }
}

void LiteralMatcher::build() {
  order_by_depth();
  link();
  choose_columns();
  fill_table();
}

}  // namespace gvm::guard
