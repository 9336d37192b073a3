// Gumbo's tree into ours, without recursion.
#include <array>
#include <cstring>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "html/document.h"
#include "html/guard.h"
#include "text/utf8.h"

namespace gvm::html {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Of an element Gumbo does not know, from its source text.
std::string unknown_name(const GumboElement& element) {
  GumboStringPiece piece = element.original_tag;
  gumbo_tag_from_original_text(&piece);
  return lower({piece.data, piece.length});
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
  explicit Builder(Document& document) : document_(document) {}

  // Whether the tree is within the limits: moved nodes may stand deeper than where they were made.
  Exceeded build(const GumboNode* top) {
    Exceeded exceeded = Exceeded::nothing;
    add(top);
    while (!open_.empty() && exceeded == Exceeded::nothing) {
      Open& open = open_.back();
      if (open.next == open.children->length) {
        close();
        continue;
      }
      const auto* child = static_cast<const GumboNode*>(open.children->data[open.next++]);
      add(child);
      if (open_.size() > document_.limits_.depth * 2) exceeded = Exceeded::depth;
    }
    return exceeded;
  }

 private:
  struct Open {
    NodeId id;
    const GumboVector* children;
    unsigned next = 0;
    NodeId last_element = kNoNode;
  };

  void add(const GumboNode* node) {
    const auto id = static_cast<NodeId>(document_.nodes_.size());
    Document::Node& made = document_.nodes_.emplace_back();
    made.parent = open_.empty() ? kNoNode : open_.back().id;
    made.end = id + 1;
    made.mark = static_cast<std::uint32_t>(document_.pool_.size());
    switch (node->type) {
      case GUMBO_NODE_DOCUMENT:
        document_.has_doctype_ = node->v.document.has_doctype;
        open_.push_back({id, &node->v.document.children});
        break;
      case GUMBO_NODE_ELEMENT:
      case GUMBO_NODE_TEMPLATE:
        add_element(made, id, node->v.element);
        break;
      case GUMBO_NODE_COMMENT:
        made.type = NodeType::comment;
        set_text(made, node->v.text.text);
        break;
      default:
        made.type = NodeType::text;
        set_text(made, node->v.text.text);
    }
  }

  void add_element(Document::Node& made, NodeId id, const GumboElement& element) {
    made.type = NodeType::element;
    made.space = static_cast<std::uint8_t>(element.tag_namespace);
    if (made.space == 0) made.tag = element.tag;
    made.name = element.tag < GUMBO_TAG_UNKNOWN ? static_cast<Atom>(element.tag)
                                                : own_atom(unknown_name(element));
    Open& parent = open_.back();
    made.previous = parent.last_element;
    made.index = ++document_.nodes_[parent.id].children;
    parent.last_element = id;
    made.offset = static_cast<std::uint32_t>(document_.attributes_.size());
    made.count = element.attributes.length;
    for (unsigned i = 0; i < element.attributes.length; ++i) {
      add_attribute(*static_cast<const GumboAttribute*>(element.attributes.data[i]));
    }
    if (made.tag == GUMBO_TAG_HEAD && document_.head_ == kNoNode) document_.head_ = id;
    if (made.tag == GUMBO_TAG_BODY && document_.body_ == kNoNode) document_.body_ = id;
    open_.push_back({id, &element.children});
  }

  void add_attribute(const GumboAttribute& source) {
    const Atom known = document_.atom(source.name);
    const Atom name = known != kNoAtom ? known : own_atom(source.name);
    const auto [offset, size] = pool(source.value);
    document_.attributes_.push_back({name, offset, size});
  }

  void set_text(Document::Node& made, const char* text) {
    const auto [offset, size] = pool(text);
    made.offset = offset;
    made.count = size;
  }

  std::pair<std::uint32_t, std::uint32_t> pool(const char* text) {
    const auto offset = static_cast<std::uint32_t>(document_.pool_.size());
    document_.pool_ += text;
    return {offset, static_cast<std::uint32_t>(document_.pool_.size() - offset)};
  }

  Atom own_atom(std::string name) {
    if (const Atom known = document_.atom(name); known != kNoAtom) return known;
    const auto made = static_cast<Atom>(GUMBO_TAG_UNKNOWN + document_.names_.size());
    document_.names_.push_back(std::make_unique<std::string>(std::move(name)));
    document_.own_atoms_.emplace(*document_.names_.back(), made);
    return made;
  }

  void close() {
    document_.nodes_[open_.back().id].end = static_cast<NodeId>(document_.nodes_.size());
    open_.pop_back();
  }

  Document& document_;
  std::vector<Open> open_;
};

Result<std::shared_ptr<const Document>> Document::parse(std::string_view utf8, const url::Url* url,
                                                        const Limits& limits,
                                                        const std::atomic<bool>* stop) {
  if (utf8.size() > limits.input_bytes) {
    return fail(codes::kTooLarge, Fatality::user,
                "an HTML document of " + std::to_string(utf8.size()) + " bytes, at most " +
                    std::to_string(limits.input_bytes));
  }
  std::string repaired;
  if (text::find_invalid_utf8(utf8) != text::kAllValid) utf8 = repaired = to_valid_utf8(utf8);
  Guard guard(limits, stop);
  const GumboOutput* output = guard.parse(utf8);
  if (output == nullptr) return fail(refusal(limits, guard.exceeded()));
  auto document = std::make_shared<Document>();
  document->limits_ = limits;
  if (url != nullptr) document->url_ = *url;
  const Exceeded exceeded = Builder(*document).build(output->document);
  if (exceeded != Exceeded::nothing) return fail(refusal(limits, exceeded));
  document->nodes_.shrink_to_fit();
  document->attributes_.shrink_to_fit();
  document->pool_.shrink_to_fit();
  document->find_base();
  return document;
}

}  // namespace gvm::html
