#pragma once
// A prompt of a template in which texts of others can hardly pass for instructions. Pure but for
// the randomness that is passed in.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "judge/drawn_word.h"
#include "judge/template_kind.h"

namespace gvm::judge {

// What is done to a prompt; each may be left out.
struct Guards {
  bool fences = true;     // each text stands between two lines with a drawn word that is in no text
  bool marks = true;      // datamark() of texts of others, for judges only
  bool sandwich = true;   // what is data is said before the data and behind it
  bool unseen = true;     // characters that nobody sees are dropped, for judges only
  bool phrasings = true;  // one of several phrasings is drawn; else the first one

  friend bool operator==(const Guards&, const Guards&) = default;
};

// The value of a slot; empty when there is none.
using Lookup = std::function<std::string_view(std::string_view slot)>;

struct PromptTexts {
  std::string system;
  std::string user;
  std::size_t phrasing = 0;
};

// `beside`: the phrasing of an earlier question about the same texts; another one is drawn. Values
// are put in once: what looks like a placeholder in a value stays as it is. Of a leader's input not
// a character changes, because what the model writes may repeat it. SCRIPT_BAD_ARGUMENT for a value
// that is no valid UTF-8.
Result<PromptTexts> harden(Kind kind, const Lookup& values, const Guards& guards,
                           std::optional<std::size_t> beside, const Random& random);

// A template of the operator's own. `fill` puts values, which it gets by slot, into its text for
// the user. Texts of others are fenced and marked there; `system` says so; the sandwich stands
// around the whole. The phrasing is that of the sentences which are added.
struct OwnTemplate {
  std::string_view system;
  std::function<std::string(const Lookup&)> fill;
};
Result<PromptTexts> harden_own(Kind kind, const OwnTemplate& own, const Lookup& values,
                               const Guards& guards, std::optional<std::size_t> beside,
                               const Random& random);

}  // namespace gvm::judge
