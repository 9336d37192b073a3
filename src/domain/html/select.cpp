#include <algorithm>
#include <bit>

#include "html/selector_match.h"

namespace gvm::html {

namespace {

using Mask = std::uint32_t;  // bit i: the first i+1 compounds of the selector match here

// One complex selector over one subtree. Each open element carries which prefixes match it, its
// ancestors, and its children so far.
class Run {
 public:
  Run(const Document& document, NodeId root, Matcher& matcher, const Complex& complex)
      : document_(document), root_(root), matcher_(matcher) {
    for (std::size_t i = 0; i < complex.size(); ++i) {
      compounds_.push_back(matcher.bind(complex[i]));
      if (i > 0) joined_[static_cast<std::size_t>(complex[i].before)] |= Mask{1} << i;
    }
    last_ = Mask{1} << (complex.size() - 1);
  }

  void find(std::vector<NodeId>& out, std::size_t most) {
    const NodeId end = document_.end(root_);
    for (NodeId id = root_; id < end && out.size() < most && matcher_.within_limit(); ++id) {
      while (!open_.empty() && document_.end(open_.back().id) <= id) open_.pop_back();
      if (id != root_ && !document_.is_element(id)) continue;
      const Mask mask = document_.is_element(id) ? mask_of(id) : 0;
      if ((mask & last_) != 0 && id != root_) out.push_back(id);
      enter(id, mask);
    }
  }

 private:
  struct Open {
    NodeId id;
    Mask self;
    Mask ancestors;  // without itself
    Mask previous_child = 0;
    Mask children = 0;
  };

  Mask of(Combinator combinator) const { return joined_[static_cast<std::size_t>(combinator)]; }

  Mask mask_of(NodeId id) {
    Mask possible = 1;
    if (!open_.empty()) {
      const Open& parent = open_.back();
      possible |= ((parent.self | parent.ancestors) << 1U) & of(Combinator::descendant);
      possible |= (parent.self << 1U) & of(Combinator::child);
      possible |= (parent.previous_child << 1U) & of(Combinator::next);
      possible |= (parent.children << 1U) & of(Combinator::later);
    }
    Mask mask = 0;
    for (Mask rest = possible; rest != 0; rest &= rest - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(rest));
      if (matcher_.matches(id, compounds_[i])) mask |= Mask{1} << i;
    }
    return mask;
  }

  void enter(NodeId id, Mask mask) {
    Mask ancestors = 0;
    if (!open_.empty()) {
      Open& parent = open_.back();
      ancestors = parent.self | parent.ancestors;
      parent.previous_child = mask;
      parent.children |= mask;
    }
    open_.push_back({id, mask, ancestors});
  }

  const Document& document_;
  NodeId root_;
  Matcher& matcher_;
  std::vector<Matcher::BoundCompound> compounds_;
  Mask joined_[4] = {};
  Mask last_ = 0;
  std::vector<Open> open_;
};

}  // namespace

Result<std::vector<NodeId>> select(const Document& document, NodeId root, const Selector& selector,
                                   std::size_t most, const Limits* limits) {
  std::vector<NodeId> out;
  Matcher matcher(document, root, (limits != nullptr ? *limits : document.limits()).steps);
  for (const Complex& complex : selector.list()) {
    std::vector<NodeId> found;
    Run(document, root, matcher, complex).find(found, most);
    out.insert(out.end(), found.begin(), found.end());
  }
  if (!matcher.within_limit()) {
    return fail(too_complex("steps", matcher.most_steps()));
  }
  if (selector.list().size() > 1) {
    std::ranges::sort(out);
    const auto repeated = std::ranges::unique(out);
    out.erase(repeated.begin(), repeated.end());
  }
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace gvm::html
