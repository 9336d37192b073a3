#include "html/tree_parser.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>

namespace gvm::html {

namespace {

// Memory and names are checked between two pieces, also in the middle of a tag or a comment.
constexpr std::size_t kPieceBytes = 256 * kKiB;
constexpr std::size_t kTokensPerMemoryCheck = 256;
constexpr std::size_t kUnsorted = 64;        // names that are compared one by one
constexpr std::uint64_t kNameBuckets = 128;  // of lexbor's hash tables, which do not grow

// A step stands for a few nanoseconds.
constexpr std::uint64_t kElementsPerStep = 8;    // open or formatting elements looked at
constexpr std::uint64_t kAttributesPerStep = 4;  // compared with each other
constexpr std::uint64_t kTextBytesPerStep = 32;  // copied because a text grows

std::size_t length_of(const lexbor_array_t* array) {
  return array == nullptr ? 0 : array->length;
}

const lexbor_mem_t* mem_of(const lexbor_dobject_t* objects) {
  return objects == nullptr ? nullptr : objects->mem;
}
const lexbor_mem_t* mem_of(const lexbor_mraw_t* raw) {
  return raw == nullptr ? nullptr : raw->mem;
}

// lexbor enlarges its buffers by a constant, so an allocator that copies would copy a long comment
// or text thousands of times. A block that grows gets half as much again.
void* grow(void* block, std::size_t size) {
  const std::size_t usable = ::malloc_usable_size(block);  // 0 of nullptr
  if (block != nullptr && size <= usable) return block;
  return std::realloc(block, std::max(size, usable + usable / 2));
}

bool use_growing_memory() {
  static const bool used =
      lexbor_memory_setup(std::malloc, grow, std::calloc, std::free) == LXB_STATUS_OK;
  return used;
}

}  // namespace

std::string_view limit_name(Exceeded exceeded) {
  switch (exceeded) {
    case Exceeded::depth:
      return "depth";
    case Exceeded::nodes:
      return "nodes";
    case Exceeded::attributes:
      return "attributes";
    case Exceeded::memory:
      return "memory_bytes";
    default:
      return "work";
  }
}

std::size_t TreeParser::Arena::bytes() {
  if (mem == nullptr) return 0;
  if (last == nullptr) last = mem->chunk_first;
  for (; last != nullptr && last->next != nullptr; last = last->next) before_last += last->size;
  return before_last + (last == nullptr ? 0 : last->size);
}

TreeParser::~TreeParser() {
  if (document_ != nullptr) lxb_html_document_destroy(document_);
  if (parser_ != nullptr) lxb_html_parser_destroy(parser_);
}

bool TreeParser::begin() {
  if (!use_growing_memory()) return false;
  parser_ = lxb_html_parser_create();
  if (parser_ == nullptr || lxb_html_parser_init(parser_) != LXB_STATUS_OK) return false;
  lxb_html_tokenizer_t* tokenizer = parser_->tkz;
  // Insertion steps serve live documents. For each option they walk over all options before it.
  lxb_html_parser_dom_opt_set(parser_, LXB_DOM_DOCUMENT_OPT_WO_EVENTS);
  // Nobody reads the lists of parse errors, which grow outside of what is counted: a page of stray
  // end tags would fill them. Without a list lexbor records nothing.
  tokenizer->parse_errors = lexbor_array_obj_destroy(tokenizer->parse_errors, true);
  parser_->tree->parse_errors = lexbor_array_obj_destroy(parser_->tree->parse_errors, true);
  build_ = tokenizer->callback_token_done;
  lxb_html_tokenizer_callback_token_done_set(tokenizer, on_token, this);
  // lexbor finds equal attributes by comparing each with each; count_attributes() sorts instead.
  lxb_html_tokenizer_keep_duplicate_set(tokenizer, true);
  document_ = lxb_html_parse_chunk_begin(parser_);
  if (document_ == nullptr) return false;
  const lxb_dom_document_t& dom = document_->dom_document;
  for (const lexbor_mem_t* mem :
       {mem_of(dom.mraw), mem_of(dom.text), mem_of(dom.attrs->entries), mem_of(dom.attrs->mraw),
        mem_of(dom.tags->entries), mem_of(dom.tags->mraw), mem_of(tokenizer->mraw),
        mem_of(tokenizer->dobj_token_attr)}) {
    arenas_.push_back({mem});
  }
  return true;
}

lxb_dom_document_t* TreeParser::parse(std::string_view utf8) {
  if (!begin()) {
    exceed(Exceeded::memory);
    return nullptr;
  }
  return feed(utf8) ? &document_->dom_document : nullptr;
}

bool TreeParser::feed(std::string_view utf8) {
  while (!utf8.empty() && exceeded_ == Exceeded::nothing) {
    const std::string_view piece = utf8.substr(0, kPieceBytes);
    utf8.remove_prefix(piece.size());
    const auto status = lxb_html_parse_chunk_process(
        parser_, reinterpret_cast<const lxb_char_t*>(piece.data()), piece.size());
    if (exceeded_ != Exceeded::nothing) return false;
    if (status != LXB_STATUS_OK) exceed(Exceeded::memory);  // lexbor fails for want of memory only
    if (parser_->tkz->token != nullptr) count_attributes(*parser_->tkz->token);
    count_names();
    count_memory();
  }
  if (exceeded_ != Exceeded::nothing) return false;
  const auto status = lxb_html_parse_chunk_end(parser_);
  if (status != LXB_STATUS_OK) exceed(Exceeded::memory);
  return exceeded_ == Exceeded::nothing;
}

lxb_html_token_t* TreeParser::on_token(lxb_html_tokenizer_t* tokenizer, lxb_html_token_t* token,
                                       void* self) {
  auto& parser = *static_cast<TreeParser*>(self);
  parser.before_tree(*token);
  if (parser.exceeded_ == Exceeded::nothing) {
    token = parser.build_(tokenizer, token, parser.parser_->tree);
    if (token != nullptr) parser.after_tree(*token);
  }
  if (parser.exceeded_ == Exceeded::nothing) return token;
  tokenizer->status = LXB_STATUS_ABORTED;
  return nullptr;
}

void TreeParser::before_tree(lxb_html_token_t& token) {
  if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return exceed(Exceeded::stopped);
  count_attributes(token);
  if (++tokens_ % kTokensPerMemoryCheck == 0) {
    count_names();
    count_memory();
  }
}

// What the tree may have looked through, and what it has become.
void TreeParser::after_tree(const lxb_html_token_t& token) {
  const lxb_html_tree_t& tree = *parser_->tree;
  const std::size_t open = length_of(tree.open_elements);
  if (open > limits_.depth) return exceed(Exceeded::depth);
  spend(1 + (open + length_of(tree.active_formatting)) / kElementsPerStep);
  if (token.tag_id != LXB_TAG__TEXT || open == 0) return;
  const auto* current = static_cast<const lxb_dom_node_t*>(tree.open_elements->list[open - 1]);
  const lxb_dom_node_t* text = current->last_child;
  if (text != nullptr && text->type == LXB_DOM_NODE_TYPE_TEXT) {
    const auto* data = reinterpret_cast<const lxb_dom_character_data_t*>(text);
    spend(data->data.length / kTextBytesPerStep);
  }
}

// Of equal names the first counts (HTML Standard, 13.2.5.33). The last attribute may be unfinished
// between two pieces of input: its name is not set then.
void TreeParser::count_attributes(lxb_html_token_t& token) {
  lxb_html_token_attr_t* attribute = token.attr_first;
  if (attribute == nullptr) return;
  std::vector<const void*>& names = names_of_tag_;
  names.clear();
  std::size_t kept = 0;
  std::size_t sorted = 0;  // the beginning of `names` that is in order
  while (attribute != nullptr) {
    lxb_html_token_attr_t* next = attribute->next;
    const void* name = attribute->name;
    const auto middle = names.begin() + static_cast<std::ptrdiff_t>(sorted);
    const bool known = name != nullptr && (std::binary_search(names.begin(), middle, name) ||
                                           std::find(middle, names.end(), name) != names.end());
    if (known) {
      lxb_html_token_attr_remove(&token, attribute);
    } else {
      ++kept;
      if (name != nullptr) names.push_back(name);
      if (kept > limits_.attributes) return exceed(Exceeded::attributes);
      if (names.size() - sorted > kUnsorted) {
        std::sort(names.begin(), names.end());
        sorted = names.size();
      }
    }
    attribute = next;
  }
  if (token.tag_id == LXB_TAG_HTML || token.tag_id == LXB_TAG_BODY) {
    root_attributes_ += kept;
    if (root_attributes_ > limits_.attributes) return exceed(Exceeded::attributes);
  }
  spend(std::uint64_t{kept} * kept / kAttributesPerStep);
}

// A new name is compared with all in its bucket.
void TreeParser::count_names() {
  const lxb_dom_document_t& dom = document_->dom_document;
  const std::size_t now = dom.attrs->entries->allocated + dom.tags->entries->allocated;
  const std::uint64_t added = now > names_ ? now - names_ : 0;
  spend(added * now / kNameBuckets);
  names_ = now;
}

void TreeParser::count_memory() {
  std::size_t bytes = 0;
  for (Arena& arena : arenas_) bytes += arena.bytes();
  if (bytes > limits_.memory_bytes) exceed(Exceeded::memory);
}

void TreeParser::spend(std::uint64_t steps) {
  work_ += steps;
  if (work_ > limits_.work) exceed(Exceeded::work);
}

// The first reason counts.
void TreeParser::exceed(Exceeded reason) {
  if (exceeded_ == Exceeded::nothing) exceeded_ = reason;
}

}  // namespace gvm::html
