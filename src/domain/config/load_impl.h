#pragma once
// The steps that every load has in common. Included by the two load functions only.
#include <utility>

#include "config/load.h"
#include "config/schema.h"

namespace gvm::config {

inline UnknownKeys unknown_keys_of(Strictness strictness) {
  return strictness == Strictness::strict ? UnknownKeys::refuse : UnknownKeys::warn;
}

// Expands strings, reads the schema, then calls `finish(root, context, config)` when there was no
// error so far.
template <class T, class Finish>
Loaded<T> load_document(Document document, const std::string& file, const Environment& env,
                        const Section& section, UnknownKeys unknown_keys, Finish finish) {
  if (!document.root) return std::unexpected(std::move(document.diagnostics));
  expand_strings(document, file, env);
  Context context{file, env, unknown_keys, std::move(document.diagnostics), {}, {}};
  T config;
  if constexpr (requires { config.common; }) config.common.file = file;
  read_section(section, *document.root, "", context, &config);
  if (context.errors.empty()) finish(*document.root, context, config);
  if (!context.errors.empty()) {
    sort_by_position(context.errors);
    return std::unexpected(std::move(context.errors));
  }
  return LoadResult<T>{std::move(config), std::move(context.warnings), std::move(context.secrets)};
}

}  // namespace gvm::config
