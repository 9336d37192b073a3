#pragma once
// What the names of an element (class, id, role, itemprop) say about it. Authors write them for
// themselves: `elementor-widget` wraps whole articles and `paywall` stands on every paragraph of
// some sites. So a name is a weight; whether it decides is judged by how much text it would cost.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "html/document.h"

namespace gvm::html {

// A reason to take a block for boilerplate: a word of a name, a role or an element. Below
// kReasonCount.
using Reason = std::uint16_t;
inline constexpr std::size_t kMostWords = 128;
inline constexpr std::size_t kMostRoles = 16;
inline constexpr std::size_t kReasonCount = kMostWords + kMostRoles + kTagCount;

inline Reason reason_of(Tag tag) {
  return static_cast<Reason>(kMostWords + kMostRoles + static_cast<std::size_t>(tag));
}

// A word of what readers wrote.
bool is_of_comments(Reason reason);

// One that no content has: navigation, notices about cookies, sharing, a page's footer.
bool is_certain(Reason reason);

struct Names {
  std::vector<Reason> boilerplate;  // words that speak of it, each once
  bool content = false;             // a word speaks of content
  bool comments = false;            // a word speaks of what readers wrote
  bool text_body = false;           // says that it is the text: itemprop=articleBody, entry-content

  // -1 boilerplate, 1 content, 0 neither or both.
  int weight() const {
    if (comments) return -1;
    if (!boilerplate.empty()) return content ? 0 : -1;
    return content ? 1 : 0;
  }
};

class NameReader {
 public:
  explicit NameReader(const Document& document);

  // Of class, id and itemprop. At most 512 bytes of each are looked at.
  void read(NodeId id, Names& out) const;
  // True when the role says boilerplate; `out` is the reason.
  bool role(NodeId id, Reason& out) const;

 private:
  const Document& document_;
  Atom class_;
  Atom id_;
  Atom role_;
  Atom itemprop_;
};

}  // namespace gvm::html
