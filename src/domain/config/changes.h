#pragma once
// What differs between two texts of one module's configuration, key by key, and which of it a
// running process cannot take over. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/environment.h"
#include "config/llm_config.h"
#include "config/web_config.h"

namespace gvm::config {

struct Change {
  std::string key;     // "backends.openai.models.gpt.max_tokens"
  Mark mark;           // in the text after; line 0: it is not there any more
  std::string before;  // as written in the file, shortened; empty: it was not there
  std::string after;
  bool restart = false;  // takes effect at the next start

  // "file:line:column: key: BEFORE -> AFTER", on one line. No secret: neither of keys that hold
  // one, nor of keys that the schema does not know, nor of the user information of a URL.
  std::string to_string(const std::string& file) const;
};

// Both texts load without errors. A key that is written with the value it has anyway is a change
// too. In the order of the text after; what is gone comes last within its map.
std::vector<Change> changes(std::string_view before, std::string_view after, ModuleKind kind,
                            const Environment& env);

// Keys that a reload does not change, each with all keys below it, in the order of the reference
// page.
const std::vector<std::string_view>& restart_keys(ModuleKind kind);
// Sets them to what the process runs with.
void keep_until_restart(LlmConfig& next, const LlmConfig& running);
void keep_until_restart(WebConfig& next, const WebConfig& running);

}  // namespace gvm::config
