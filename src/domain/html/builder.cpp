// Converts lexbor's tree to ours, without recursion.
#include <lexbor/dom/interfaces/character_data.h>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "html/codes.h"
#include "html/document.h"
#include "html/shadow_trees.h"
#include "html/tree_parser.h"
#include "text/utf8.h"

namespace gvm::html {

namespace {

std::string_view to_view(const lxb_char_t* text, std::size_t size) {
  return text == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(text), size);
}

// Indexed by lexbor's number of the name; Tag::unknown for names that are not HTML's.
std::vector<Tag> tags_by_number() {
  std::unordered_map<std::string_view, Tag> tags;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Tag::unknown); ++i) {
    tags.emplace(tag_name(static_cast<Tag>(i)), static_cast<Tag>(i));
  }
  std::vector<Tag> by_number(LXB_TAG__LAST_ENTRY, Tag::unknown);
  for (std::size_t number = 0; number < by_number.size(); ++number) {
    std::size_t size = 0;
    const lxb_char_t* name = lxb_tag_name_by_id_noi(number, &size);
    const auto found = tags.find(to_view(name, size));
    if (found != tags.end()) by_number[number] = found->second;
  }
  return by_number;
}

Tag known_tag(lxb_tag_id_t number) {
  static const std::vector<Tag> kTags = tags_by_number();
  return number < kTags.size() ? kTags[number] : Tag::unknown;
}

// As Document keeps it: 0 HTML, 1 SVG, 2 MathML, 3 another.
std::uint8_t space_of(lxb_ns_id_t space) {
  switch (space) {
    case LXB_NS_HTML:
      return 0;
    case LXB_NS_SVG:
      return 1;
    case LXB_NS_MATH:
      return 2;
    default:
      return 3;
  }
}

std::uint64_t maximum_of(const Limits& limits, Exceeded exceeded) {
  switch (exceeded) {
    case Exceeded::depth:
      return limits.depth;
    case Exceeded::nodes:
      return limits.nodes;
    case Exceeded::attributes:
      return limits.attributes;
    case Exceeded::memory:
      return limits.memory_bytes;
    default:
      return limits.work;
  }
}

Error refusal(const Limits& limits, Exceeded exceeded) {
  if (exceeded == Exceeded::stopped) {
    return Error(codes::kCancelled, Fatality::user, "nobody waits for the document any more");
  }
  return too_complex(limit_name(exceeded), maximum_of(limits, exceeded));
}

}  // namespace

Error too_complex(std::string_view limit, std::uint64_t maximum) {
  Error error(codes::kDocumentTooComplex, Fatality::user,
              "the HTML document exceeds the limit " + std::string(limit) + " of " +
                  std::to_string(maximum));
  error.with("limit", Value::string(std::string(limit)));
  error.with("maximum", Value::integer(Integer(maximum)));
  return error;
}

class Builder {
 public:
  Builder(Document& document, Shadows shadows)
      : document_(document), composes_(shadows == Shadows::composed) {}

  // True when the tree is within the limits: nodes that were moved may be deeper than where they
  // were created.
  Exceeded build(const lxb_dom_document_t& tree) {
    document_.has_doctype_ = tree.doctype != nullptr;
    add(tree.node);
    while (!open_.empty()) {
      const lxb_dom_node_t* child = open_.back().children.take();
      if (child == nullptr) {
        if (!add_left_out()) close();
        continue;
      }
      add(*child);
      if (open_.size() > document_.limits_.depth * 2) return Exceeded::depth;
      if (document_.nodes_.size() > document_.limits_.nodes) return Exceeded::nodes;
    }
    return Exceeded::nothing;
  }

 private:
  struct Open {
    NodeId id;
    ShownChildren children;  // that are still to be added
    NodeId last_element = kNoNode;
  };

  Document::Node& make(NodeId id) {
    Document::Node& made = document_.nodes_.emplace_back();
    made.parent = open_.empty() ? kNoNode : open_.back().id;
    made.end = id + 1;
    made.mark = static_cast<std::uint32_t>(document_.pool_.size());
    return made;
  }

  void add(const lxb_dom_node_t& node) {
    if (node.type == LXB_DOM_NODE_TYPE_DOCUMENT_TYPE) return;
    const auto id = static_cast<NodeId>(document_.nodes_.size());
    Document::Node& made = make(id);
    switch (node.type) {
      case LXB_DOM_NODE_TYPE_DOCUMENT:
        open_.push_back({id, {.next = node.first_child}});
        break;
      case LXB_DOM_NODE_TYPE_ELEMENT:
        add_element(made, id, reinterpret_cast<const lxb_dom_element_t&>(node));
        break;
      case LXB_DOM_NODE_TYPE_TEXT:
      case LXB_DOM_NODE_TYPE_CDATA_SECTION:
        made.type = NodeType::text;
        set_text(made, node);
        break;
      default:  // comments, and processing instructions, which HTML once took for comments
        made.type = NodeType::comment;
        set_text(made, node);
    }
  }

  void add_element(Document::Node& made, NodeId id, const lxb_dom_element_t& element) {
    const lxb_dom_node_t& node = element.node;
    made.space = space_of(node.ns);
    const Tag number = known_tag(node.local_name);
    made.name = number != Tag::unknown ? static_cast<Atom>(number) : own_atom(local_name(element));
    if (made.space == 0 && made.name < kFirstOwnAtom) made.tag = static_cast<Tag>(made.name);
    enlist(made, id);
    made.offset = static_cast<std::uint32_t>(document_.attributes_.size());
    const Tag own_tag = made.tag;
    std::uint32_t count = 0;
    for (const auto* at = element.first_attr; at != nullptr; at = at->next, ++count) {
      add_attribute(*at);
    }
    made.count = count;
    if (own_tag == Tag::head && document_.head_ == kNoNode) document_.head_ = id;
    if (own_tag == Tag::body && document_.body_ == kNoNode) document_.body_ = id;
    open_.push_back({id, children_of(own_tag, element)});
  }

  // The content of a template counts as its child.
  ShownChildren children_of(Tag tag, const lxb_dom_element_t& element) {
    if (tag == Tag::template_) return {.next = template_content(element.node)};
    const bool composes = composes_ && element.node.ns == LXB_NS_HTML;
    return composes ? shadows_.children_of(element)
                    : ShownChildren{.next = element.node.first_child};
  }

  // Children of a shadow host that no slot shows stand in a template: they can be selected and are
  // not read.
  bool add_left_out() {
    const LexborNodes* left_out = std::exchange(open_.back().children.left_out, nullptr);
    if (left_out == nullptr) return false;
    const auto id = static_cast<NodeId>(document_.nodes_.size());
    Document::Node& made = make(id);
    made.name = static_cast<Atom>(Tag::template_);
    made.tag = Tag::template_;
    made.offset = static_cast<std::uint32_t>(document_.attributes_.size());
    enlist(made, id);
    open_.push_back({id, {.list = left_out}});
    return true;
  }

  // As the last element of its parent.
  void enlist(Document::Node& made, NodeId id) {
    made.type = NodeType::element;
    Open& parent = open_.back();
    made.previous = parent.last_element;
    made.index = ++document_.nodes_[parent.id].children;
    parent.last_element = id;
  }

  static std::string_view local_name(const lxb_dom_element_t& element) {
    std::size_t size = 0;
    const lxb_char_t* name =
        lxb_dom_element_local_name(const_cast<lxb_dom_element_t*>(&element), &size);
    return to_view(name, size);
  }

  // The qualified name: `xlink:href` is not `href`.
  void add_attribute(const lxb_dom_attr_t& source) {
    std::size_t size = 0;
    const lxb_char_t* text = lxb_dom_attr_qualified_name(&source, &size);
    const Atom name = own_atom(to_view(text, size));
    const auto [offset, length] =
        pool(source.value == nullptr ? std::string_view()
                                     : to_view(source.value->data, source.value->length));
    document_.attributes_.push_back({name, offset, length});
  }

  void set_text(Document::Node& made, const lxb_dom_node_t& node) {
    const auto& text = reinterpret_cast<const lxb_dom_character_data_t&>(node).data;
    const auto [offset, size] = pool(to_view(text.data, text.length));
    made.offset = offset;
    made.count = size;
  }

  std::pair<std::uint32_t, std::uint32_t> pool(std::string_view text) {
    const auto offset = static_cast<std::uint32_t>(document_.pool_.size());
    document_.pool_ += text;
    return {offset, static_cast<std::uint32_t>(text.size())};
  }

  Atom own_atom(std::string_view name) {
    if (const Atom known = document_.atom(name); known != kNoAtom) return known;
    const auto made = static_cast<Atom>(kFirstOwnAtom + document_.names_.size());
    document_.names_.push_back(std::make_unique<std::string>(name));
    document_.own_atoms_.emplace(*document_.names_.back(), made);
    return made;
  }

  void close() {
    document_.nodes_[open_.back().id].end = static_cast<NodeId>(document_.nodes_.size());
    open_.pop_back();
  }

  Document& document_;
  bool composes_;
  ShadowTrees shadows_;
  std::vector<Open> open_;
};

Result<std::shared_ptr<const Document>> Document::parse(std::string_view utf8, const url::Url* url,
                                                        const Limits& limits,
                                                        const std::atomic<bool>* stop,
                                                        Shadows shadows) {
  if (utf8.size() > limits.input_bytes) {
    return fail(codes::kTooLarge, Fatality::user,
                "an HTML document of " + std::to_string(utf8.size()) + " bytes, at most " +
                    std::to_string(limits.input_bytes));
  }
  std::string repaired;
  if (text::find_invalid_utf8(utf8) != text::kAllValid) utf8 = repaired = to_valid_utf8(utf8);
  TreeParser parser(limits, stop);
  const lxb_dom_document_t* tree = parser.parse(utf8);
  if (tree == nullptr) return fail(refusal(limits, parser.exceeded()));
  auto document = std::make_shared<Document>();
  document->limits_ = limits;
  if (url != nullptr) document->url_ = *url;
  const Exceeded exceeded = Builder(*document, shadows).build(*tree);
  if (exceeded != Exceeded::nothing) return fail(refusal(limits, exceeded));
  document->nodes_.shrink_to_fit();
  document->attributes_.shrink_to_fit();
  document->pool_.shrink_to_fit();
  document->find_base();
  return document;
}

}  // namespace gvm::html
