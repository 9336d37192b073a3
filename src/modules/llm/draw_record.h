#pragma once
// What a decision record says of a draw. Pure.
#include "llm/session_greybox.h"
#include "provider/prompt.h"

namespace gvm::llm {

// What was used of it. `sent`: the prompt as it goes out, so that parameters of the script's are
// told too.
struct UsedDraw {
  const DrawnPrompt& drawn;
  const provider::Prompt& sent;
  bool models;      // false: a single step, for which the script has chosen the model
  bool delimiters;  // the phrasing has them
  std::vector<std::string_view> changed = {};  // what the script has set in ctx.greybox
};

// Null when nothing is configured for the kind of the prompt and a script has set nothing; else a
// map of at most some 700 bytes of JSON: kind, n (the prompt's number in the session), seed, models
// ([name, share], the first ones), pool (how many there are), temperature, top_p, provider_seed,
// phrasing (from 1), phrasings (how many there are), sections, open, close, filters, image_filters
// (names, or their number where there are many), script (what a script has set).
Value draw_record(const SessionGreybox& greybox, const UsedDraw& used);

}  // namespace gvm::llm
