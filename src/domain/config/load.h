#pragma once
// Loads a configuration file: the result is an immutable config, or all errors of the file. Never
// throws on bad input.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "config/diagnostic.h"
#include "config/environment.h"
#include "config/llm_config.h"
#include "config/web_config.h"

namespace gvm::config {

template <class T>
struct LoadResult {
  T config;
  std::vector<std::string> warnings;  // "file:line:column: key: ..." to be logged
  std::vector<Secret> secrets;        // everything the redactor must know
  // Backends that are enabled and cannot be used, each with the reason; told in `warnings` too.
  std::vector<Diagnostic> dropped = {};
};

template <class T>
using Loaded = std::expected<LoadResult<T>, std::vector<Diagnostic>>;

// What to do with a file that has no usable backend.
enum class EmptyBackends {
  refuse,
  allow,               // --allow-empty-backends
  allow_missing_keys,  // refuse, unless the only thing missing is environment variables
};

// Files written for GenVM's other implementation, which ignores unknown keys, must load.
enum class Strictness { lenient, strict };  // unknown keys: warnings or errors

struct LoadOptions {
  EmptyBackends empty_backends = EmptyBackends::refuse;
  Strictness strictness = Strictness::lenient;
};

Loaded<LlmConfig> load_llm(const std::string& path, const Environment& env,
                           LoadOptions options = {});
Loaded<WebConfig> load_web(const std::string& path, const Environment& env,
                           LoadOptions options = {});

// The same from text; `file` is the name in diagnostics.
Loaded<LlmConfig> load_llm_text(std::string_view text, const std::string& file,
                                const Environment& env, LoadOptions options = {});
Loaded<WebConfig> load_web_text(std::string_view text, const std::string& file,
                                const Environment& env, LoadOptions options = {});

// Which module a file is for: by its keys, else by its name.
std::expected<ModuleKind, Diagnostic> detect_kind(const std::string& path);

// docs/configuration.md, rendered from the schema.
std::string reference_page();

// config/schema/*.json, rendered from the schema: a JSON Schema (draft 7) that accepts every file
// that loads without a warning.
enum class EditorSchemaOf { llm, web, prices };
std::string editor_schema(EditorSchemaOf file);

// Every key of the schema of `kind`, e.g. "backends.<name>.host", in the order of the reference
// page.
std::vector<std::string> all_keys(ModuleKind kind);

}  // namespace gvm::config
