#pragma once
// A YAML text as a tree with positions, which the schema reads. yaml-cpp's event parser does the
// parsing; the tree is our own, so that size, depth, aliases and duplicate keys are bounded and
// reported here.
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/size.h"
#include "base/value.h"
#include "config/diagnostic.h"
#include "config/environment.h"

namespace gvm::config {

inline constexpr std::size_t kMaxFileBytes = 1 * kMiB;
inline constexpr std::size_t kMaxNodes = 100'000;  // an alias counts with all nodes below it
inline constexpr std::size_t kMaxNesting = 64;     // maps and lists within each other

struct Node;
// Shared, because an alias refers to the same node again.
using NodePtr = std::shared_ptr<Node>;

struct Entry {
  std::string key;
  Mark mark;
  NodePtr value;
};

struct Node {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  Mark mark;                   // of a null: its key
  std::string text;            // of a scalar; ${...} filled once expand_strings ran
  std::string written;         // of a scalar: as in the file, safe to repeat in a message
  bool plain = false;          // a scalar without quotes: may be a number or a boolean
  bool expanded = false;       // a scalar in which ${...} was filled
  std::vector<NodePtr> items;  // of a list
  std::vector<Entry> entries;  // of a map, in the order of the file; keys are unique
  std::size_t weight = 1;      // nodes below and this one

  const Entry* find(std::string_view key) const;
};

struct Document {
  NodePtr root;                         // null when the text is no YAML map
  std::vector<Diagnostic> diagnostics;  // may be there beside a root: duplicate keys
};

// Syntax, UTF-8, bounds, duplicate keys. Never throws.
Document parse_document(std::string_view text, const std::string& file);

// The text of `path`, at most one byte longer than parse_document() takes.
std::expected<std::string, Diagnostic> read_text(const std::string& path);
// Reads and parses `path`.
Document read_document(const std::string& path);

// Fills ${...} in every string below `root`; what cannot be filled is added to the document's
// diagnostics.
void expand_strings(Document& document, const std::string& file, const Environment& env);

// "a list", "a map", "nothing", or the scalar as written, in quotes unless `hide` it.
enum class Echo { show, hide };
std::string describe(const Node& node, Echo echo = Echo::show);

// A free-form value (meta): plain scalars become null, booleans, integers and reals by YAML's core
// schema.
Value to_value(const Node& node);

}  // namespace gvm::config
