#pragma once
// Which names a text of Lua uses: its globals, and the fields of what it got by require(). Read
// from the bytecode, so Lua's own compiler decides what is local, global or a constant. Nothing
// runs.
#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::script {

// `lib.rs.now` after `local lib = require("lib-genvm")` is {"lib-genvm", {"rs", "now"}}; a global
// has no module: {"", {"os", "time"}}.
struct NamePath {
  std::string module;
  std::vector<std::string> names;

  bool is_global() const { return module.empty(); }
  // Whether it is `other` or a field below it.
  bool begins_with(const NamePath& other) const;
  friend auto operator<=>(const NamePath&, const NamePath&) = default;
};

struct NameUse {
  enum class Kind {
    read,
    write,
    require,  // path.module is what it asks for
    field,    // a table gets the field path.names[0], whatever table it is: __gc, __mode
  };
  Kind kind = Kind::read;
  NamePath path;
  int line = 0;
  bool in_function = false;  // not at the top level
  bool tested = false;       // the function asks whether it is there: `if debug then`
};

struct NameUses {
  std::vector<NameUse> uses;  // in the order of the code
  std::string problem;        // why the text does not compile; then there are no uses
  int problem_line = 0;
};

// Values that are passed around are followed as far as they are certain: through locals that are
// assigned once. What is not certain is left out.
NameUses name_uses(std::string_view source);

}  // namespace gvm::script
