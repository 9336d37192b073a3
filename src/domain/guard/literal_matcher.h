#pragma once
// Thousands of literals at once: an Aho-Corasick automaton. Time is linear in the text and in what
// is found, whatever both are.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/size.h"

namespace gvm::guard {

class LiteralMatcher {
 public:
  // Before build(). `literal` is not empty. The same one may be added under several ids.
  void add(std::string_view literal, std::uint32_t id);
  void build();

  // Calls found(id, begin, end) for every occurrence, also of those that overlap; stops when that
  // returns false.
  template <class Found>
  void each(std::string_view text, Found&& found) const {
    if (outputs_.empty()) return;
    std::uint32_t state = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto entry = next(state, static_cast<unsigned char>(text[i]));
      state = entry & ~kEndsLiteral;
      if (entry == state) [[likely]]
        continue;
      auto report = nodes_[node_of(state)].report;
      for (; report != 0; report = nodes_[nodes_[report].fail].report) {
        const auto& at = nodes_[report];
        for (auto out = at.outputs; out != kNone; out = outputs_[out].next)
          if (!found(outputs_[out].id, i + 1 - at.depth, i + 1)) return;
      }
    }
  }

  std::size_t nodes() const { return nodes_.size(); }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::uint32_t kEndsLiteral = 0x80000000;  // of an entry: something ends there
  static constexpr std::size_t kTableBytes = 4 * kMiB;

  struct Node {
    std::uint32_t first_edge = 0;  // into edges_, sorted by byte; while adding: first child
    std::uint32_t sibling = 0;     // while adding: the next child of the parent
    std::uint32_t fail = 0;
    std::uint32_t report = 0;  // this node or the next along `fail` that ends a literal; 0: none
    std::uint32_t outputs = kNone;
    std::uint32_t depth = 0;
    std::uint16_t edges = 0;
    unsigned char byte = 0;
  };
  struct Edge {
    std::uint32_t to;
    unsigned char byte;
  };
  struct Output {
    std::uint32_t id;
    std::uint32_t next;
  };

  // The nodes next to the root have a row in a table, with a column for each byte that literals
  // hold and one for all others. A state is where the node's row begins; of nodes without a row
  // they follow, one by one.
  std::uint32_t next(std::uint32_t state, unsigned char byte) const {
    if (state < first_sparse_) [[likely]]
      return table_[state + columns_[byte]];
    return next_of_sparse(node_of(state), byte);
  }
  std::uint32_t node_of(std::uint32_t state) const {
    return state < first_sparse_ ? state / width_ : dense_ + (state - first_sparse_);
  }
  std::uint32_t entry_of(std::uint32_t node) const {
    const auto state = node < dense_ ? node * width_ : first_sparse_ + (node - dense_);
    return nodes_[node].report == 0 ? state : state | kEndsLiteral;
  }
  std::uint32_t next_of_sparse(std::uint32_t node, unsigned char byte) const;
  std::uint32_t child(std::uint32_t node, unsigned char byte) const;
  std::uint32_t child_while_adding(std::uint32_t node, unsigned char byte);
  void order_by_depth();
  void link();
  void choose_columns();
  void fill_table();

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::vector<Edge> edges_;
  std::vector<Output> outputs_;
  std::array<std::uint16_t, 256> columns_{};
  std::uint32_t width_ = 1;         // columns
  std::uint32_t dense_ = 0;         // nodes with a row
  std::uint32_t first_sparse_ = 0;  // dense_ * width_
  std::vector<std::uint32_t> table_;
};

}  // namespace gvm::guard
