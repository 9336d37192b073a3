#pragma once
// Builds the tree of one document with lexbor, within limits. Used by one thread.
//
// lexbor is linear for most inputs, but it searches the open elements, the active formatting
// elements, the attributes of a tag and the names it has seen, and it copies a text that grows
// piece by piece. This class sees every token before the tree does, counts these costs and ends the
// parse over a limit. Every count is a property of the document alone: it does not depend on a
// clock, on memory addresses or on earlier documents.
#include <lexbor/dom/interfaces/character_data.h>
#include <lexbor/html/html.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "html/limits.h"

namespace gvm::html {

enum class Exceeded : std::uint8_t { nothing, depth, nodes, attributes, memory, work, stopped };
std::string_view limit_name(Exceeded exceeded);

class TreeParser {
 public:
  // `stop` ends the parse when it becomes true; may be null.
  TreeParser(const Limits& limits, const std::atomic<bool>* stop) : limits_(limits), stop_(stop) {}
  ~TreeParser();
  TreeParser(const TreeParser&) = delete;
  TreeParser& operator=(const TreeParser&) = delete;

  // The tree, which lives as long as this; null when a limit was exceeded. `utf8` must be valid.
  // Once per object.
  lxb_dom_document_t* parse(std::string_view utf8);
  Exceeded exceeded() const { return exceeded_; }
  std::uint64_t work() const { return work_; }  // steps of a few nanoseconds

 private:
  // Adds up an arena's chunks, each once.
  struct Arena {
    const lexbor_mem_t* mem = nullptr;
    const lexbor_mem_chunk_t* last = nullptr;
    std::size_t before_last = 0;  // bytes of the chunks before `last`

    std::size_t bytes();
  };

  static lxb_html_token_t* on_token(lxb_html_tokenizer_t* tokenizer, lxb_html_token_t* token,
                                    void* self);
  bool begin();
  bool feed(std::string_view utf8);
  void before_tree(lxb_html_token_t& token);
  void after_tree(const lxb_html_token_t& token);
  void count_attributes(lxb_html_token_t& token);
  void count_names();
  void count_memory();
  void exceed(Exceeded reason);
  void spend(std::uint64_t steps);

  Limits limits_;
  const std::atomic<bool>* stop_;
  lxb_html_parser_t* parser_ = nullptr;
  lxb_html_document_t* document_ = nullptr;
  lxb_html_tokenizer_token_f build_ = nullptr;  // lexbor's own: gives a token to the tree
  Exceeded exceeded_ = Exceeded::nothing;
  std::uint64_t work_ = 0;
  std::size_t tokens_ = 0;
  std::size_t names_ = 0;  // distinct names of attributes and elements that lexbor does not know
  std::size_t root_attributes_ =
      0;  // of all <html> and <body> tags: the later ones add to the first
  std::vector<Arena> arenas_;
  std::vector<const void*> names_of_tag_;
};

}  // namespace gvm::html
