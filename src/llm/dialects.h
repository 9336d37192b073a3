#pragma once
// The dialects themselves, one function a file. Stateless; they live as long as the process.
#include "llm/dialect.h"

namespace gvm::llm {

const Dialect& openai_compatible_dialect();
const Dialect& anthropic_dialect();
const Dialect& google_dialect();
const Dialect& ollama_dialect();

}  // namespace gvm::llm
