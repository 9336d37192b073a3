#pragma once
// What one prompt gets: a pure function of the configuration, the session's seed, the kind of the
// prompt and its ordinal in the session. No session id and no host data goes into it.
//
// Each key has random numbers of its own: what is drawn for one does not change when another one
// is configured otherwise or set by a script.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/greybox_config.h"

namespace gvm::greybox {

using config::PromptKind;

struct Delimiters {
  std::string open;
  std::string close;
  friend bool operator==(const Delimiters&, const Delimiters&) = default;
};

// Positions are those of the configured lists, from 0.
struct Draw {
  PromptKind kind = PromptKind::text;
  std::uint64_t ordinal = 0;          // from 1
  std::vector<std::uint32_t> models;  // the pool's, in the order they are asked
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::uint64_t> seed;  // for the provider
  std::optional<std::uint32_t> phrasing;
  std::vector<std::uint32_t> sections;     // of the phrasing, in their order
  std::optional<std::uint32_t> delimiter;  // empty: none is configured
  Delimiters delimiters;                   // ready to be used
  Delimiters reserve;                      // in place of such as occur in the prompt
  std::vector<std::uint32_t> filters;
  std::vector<std::uint32_t> image_filters;
  std::uint64_t noise = 0;  // seeds image filters that add some

  friend bool operator==(const Draw&, const Draw&) = default;
};

Draw draw(const config::GreyboxKind& from, std::uint64_t seed, PromptKind kind,
          std::uint64_t ordinal);

// For a phrasing that a script has chosen in place of the drawn one.
std::vector<std::uint32_t> draw_sections(const config::GreyboxPhrasing& phrasing,
                                         std::uint64_t seed, PromptKind kind,
                                         std::uint64_t ordinal);

// How probable it is that each entry comes first. All weights together are above 0.
std::vector<double> shares_of(const std::vector<config::PoolModel>& pool);

}  // namespace gvm::greybox
