#pragma once
// A selector bound to one document: names are atoms, what :has() and the -of-type classes need is
// counted once. Lives for one selection.
#include <memory>
#include <vector>

#include "html/selector.h"

namespace gvm::html {

class Matcher {
 public:
  // Matches inside [root, end(root)).
  Matcher(const Document& document, NodeId root, std::uint64_t most_steps);
  ~Matcher();

  struct BoundSimple;
  using BoundCompound = std::vector<BoundSimple>;
  // One :has(), over all its compounds. Indexed by id - root.
  struct Has {
    std::vector<std::uint32_t> before;  // elements up to here that match a compound for descendants
    std::vector<bool> flagged;          // a child or a sibling matches
  };

  BoundCompound bind(const Compound& compound);
  bool matches(NodeId id, const BoundCompound& compound);
  bool within_limit() const { return steps_ <= most_steps_; }
  std::uint64_t most_steps() const { return most_steps_; }

 private:
  struct TypeCounts;

  std::unique_ptr<Has> prepare_has(const Simple& simple);
  bool matches(NodeId id, const BoundSimple& part);
  bool matches_attribute(NodeId id, const BoundSimple& part);
  bool matches_any(NodeId id, const std::vector<BoundCompound>& list);
  bool matches_has(NodeId id, const Has& has) const;
  bool has_word(std::string_view words, std::string_view word, bool fold_case);
  std::uint32_t index_of_type(NodeId id);
  std::uint32_t count_of_type(NodeId id);
  void count_types();

  const Document& document_;
  NodeId root_;
  std::uint64_t most_steps_;
  std::uint64_t steps_ = 0;
  Atom id_atom_;
  Atom class_atom_;
  Atom href_atom_;
  std::unique_ptr<TypeCounts> types_;
};

struct Matcher::BoundSimple {
  const Simple* simple;
  Atom atom = kNoAtom;
  std::vector<BoundCompound> inner;
  std::unique_ptr<Has> has;
};

}  // namespace gvm::html
