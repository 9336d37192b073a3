#pragma once
// The steps that every load has in common. Included by the two load functions only.
#include <type_traits>
#include <utility>

#include "base/redactor.h"
#include "config/load.h"
#include "config/schema.h"
#include "config/shown_config.h"
#include "config/switched_off.h"

namespace gvm::config {

inline UnknownKeys unknown_keys_of(Strictness strictness) {
  return strictness == Strictness::strict ? UnknownKeys::refuse : UnknownKeys::warn;
}

// Expands strings, reads the schema, then calls `finish(root, context, config)` when there was no
// error so far. Before that a file of the LLM module is forgiven what is switched off.
template <class T, class Finish>
Loaded<T> load_document(Document document, const std::string& file, const Environment& env,
                        const Section& section, UnknownKeys unknown_keys, Finish finish) {
  if (!document.root) return std::unexpected(std::move(document.diagnostics));
  expand_strings(document, file, env);
  Context context{file, env, unknown_keys, std::move(document.diagnostics), {}, {}};
  T config;
  if constexpr (requires { config.common; }) config.common.file = file;
  const std::size_t found_before = context.errors.size();
  read_section(section, *document.root, "", context, &config);
  if constexpr (std::is_same_v<T, LlmConfig>)
    forgive_switched_off(*document.root, config, found_before, context);
  if (context.errors.empty()) finish(*document.root, context, config);
  if (!context.errors.empty()) {
    sort_by_position(context.errors);
    return std::unexpected(std::move(context.errors));
  }
  if constexpr (requires { config.common; })
    config.common.shown =
        Redactor(context.secrets).redact(shown_config(section, document.root.get()));
  return LoadResult<T>{std::move(config), std::move(context.warnings), std::move(context.secrets),
                       std::move(context.dropped)};
}

}  // namespace gvm::config
