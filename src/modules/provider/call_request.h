#pragma once
// The HTTP request of one call: where it goes, what it carries, how long it may take. Pure.
#include <cstddef>
#include <string>

#include "net/http_request.h"
#include "provider/catalog.h"
#include "provider/prompt.h"

namespace gvm::provider {

// Where a model is asked: endpoint and key by their place in the backend's entry.
struct Target {
  const BackendEntry* backend = nullptr;
  const ModelEntry* model = nullptr;
  std::size_t endpoint = 0;
  std::size_t key = 0;
};

// Where the call goes: the endpoint, and what the form or the model's base_path appends. A host
// that ends in the whole path, or in the first part of it, has it only once.
std::string url_of(const Target& target);

// The model's rules applied to what the script asked for.
void apply_rules(Prompt& prompt, const config::ModelConfig& model);

// Largest answer body to read: 16 MiB and 16 bytes per requested token, at most 32 MiB
// (providers.md).
std::size_t response_limit(const Prompt& prompt);

// `prompt` has had its rules applied. SCRIPT_BAD_ARGUMENT when an `extra` does not fit the body.
Result<net::HttpRequest> build_request(const Target& target, const Prompt& prompt, Format format);

}  // namespace gvm::provider
