// Ollama's form: two counts. Old servers omit prompt_eval_count when the prompt was in the cache.
#include "pricing/usage_fields.h"

namespace gvm::pricing {

void read_ollama(const Value& raw, const CallBounds& bounds, Usage& usage) {
  Sides sides{.input = first_count(&raw, {"prompt_eval_count"}, usage.flags),
              .output = first_count(&raw, {"eval_count"}, usage.flags),
              .total = {}};
  usage.known = fill_missing(sides, bounds, usage.flags);
  if (!usage.known) return;
  usage.input = sides.input.value;
  usage.output = sides.output.value;
}

}  // namespace gvm::pricing
