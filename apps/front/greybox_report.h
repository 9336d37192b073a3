#pragma once
// Draws as tables and as JSON. Pure.
#include <cstdint>
#include <string>
#include <vector>

#include "base/value.h"
#include "greybox/draw.h"

namespace gvm::apps {

enum class SeedSource : std::uint8_t { option, configuration, drawn };
struct PreviewSeed {
  std::uint64_t value;
  SeedSource source;
};

struct Preview {
  const config::GreyboxConfig& greybox;
  PreviewSeed seed;
  std::vector<config::PromptKind> kinds;
  std::uint64_t draws;  // of each kind: the prompts 1, 2, ... of a session that has no others
};

std::string preview_text(const Preview& preview);
// {seed, kinds: {KIND: {pool: [{backend, model, share}], draws: [what ctx.greybox holds]}}}. A seed
// of the configuration is not told.
Value preview_json(const Preview& preview);

}  // namespace gvm::apps
