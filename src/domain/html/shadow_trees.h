#pragma once
// Declarative shadow trees (HTML Standard, 4.12.3 and 4.2.4 of the DOM Standard): what stands in an
// element as it is shown, with what is assigned to its slots. Internal to the builder.
#include <lexbor/dom/interfaces/element.h>

#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gvm::html {

using LexborNodes = std::vector<const lxb_dom_node_t*>;

// Those of an element, one by one: a chain of siblings or a list.
struct ShownChildren {
  const lxb_dom_node_t* next = nullptr;
  const LexborNodes* list = nullptr;
  std::size_t at = 0;
  // Children of a shadow host that no slot shows; null: none.
  const LexborNodes* left_out = nullptr;

  const lxb_dom_node_t* take();
};

class ShadowTrees {
 public:
  // Of an HTML element. Of a closed tree only the host's own children are shown, in their order:
  // scripts of others, and so browsers that are asked, see no more of it.
  ShownChildren children_of(const lxb_dom_element_t& element);

 private:
  ShownChildren of_host(const lxb_dom_element_t& host, const lxb_dom_node_t& root, bool open);
  const LexborNodes* keep(LexborNodes nodes);

  std::deque<LexborNodes> lists_;
  std::unordered_map<const lxb_dom_node_t*, const LexborNodes*> assigned_;  // to slots
};

// The content of a template is not its child (HTML Standard, 4.12.3).
const lxb_dom_node_t* template_content(const lxb_dom_node_t& node);

}  // namespace gvm::html
