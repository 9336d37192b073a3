#pragma once
// The dialects themselves, one function a file. Stateless; they live as long as the process.
#include "provider/dialect.h"

namespace gvm::provider {

const Dialect& openai_compatible_dialect();
const Dialect& anthropic_dialect();
const Dialect& google_dialect();
const Dialect& ollama_dialect();

}  // namespace gvm::provider
