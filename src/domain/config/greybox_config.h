#pragma once
// What is drawn for each prompt, so that nobody outside knows which model, parameters and texts a
// module uses. Settings of the LLM module; the draw itself is in src/domain/greybox.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "config/runtime_template.h"

namespace gvm::config {

// What a contract asks: by the form of its answer, by its images, or by the judging template.
enum class PromptKind : std::uint8_t {
  text,
  json,
  image,  // with images, whatever the form of its answer
  eq_comparative,
  eq_non_comparative_leader,
  eq_non_comparative_validator,
};
inline constexpr std::array kPromptKinds = {PromptKind::text,
                                            PromptKind::json,
                                            PromptKind::image,
                                            PromptKind::eq_comparative,
                                            PromptKind::eq_non_comparative_leader,
                                            PromptKind::eq_non_comparative_validator};
// As the keys of `greybox`.
std::string_view name_of(PromptKind kind);
std::optional<PromptKind> prompt_kind_named(std::string_view name);

// An entry of a pool: one model, all of a backend, or all that have a capability.
struct GreyboxModel {
  std::string backend;
  std::string model;       // empty: all of the backend
  std::string capability;  // text, json or image, in place of the backend
  double weight = 1;       // shared by the models that it names
};

// A model of a pool. Zero weight: it comes after all others.
struct PoolModel {
  std::string backend;
  std::string model;
  double weight = 1;
};
inline constexpr std::size_t kMostPoolModels = 200;

// Inclusive. Both or neither are set after a load.
struct DrawnNumber {
  std::optional<double> min;
  std::optional<double> max;
};
struct DrawnSeed {
  std::optional<std::uint64_t> min;
  std::optional<std::uint64_t> max;
};

struct GreyboxPhrasing {
  double weight = 1;
  std::string system;                 // #{system}, #{open}, #{close}
  std::vector<std::string> sections;  // #{prompt}, #{open}, #{close}
  bool shuffle = false;               // the sections stand in a drawn order

  RuntimeTemplate compiled_system;
  std::vector<RuntimeTemplate> compiled_sections;
  bool delimited = false;  // one of the texts holds #{open}
};

struct GreyboxDelimiter {
  double weight = 1;
  std::string open;  // #{random}: 16 hexadecimal digits, others for every prompt
  std::string close;
};

struct GreyboxTextFilter {
  std::string filter;  // as lib.rs.filter_text has it
  double probability = 1;
};

struct GreyboxImageFilter {
  Value filter;  // as lib.rs.filter_image has it
  double probability = 1;
  std::string where;  // "file:line:column: key", for whoever compiles it
};

// What is drawn for one kind of prompt. What is empty is not drawn.
struct GreyboxKind {
  std::vector<GreyboxModel> models;
  DrawnNumber temperature;
  DrawnNumber top_p;
  DrawnSeed provider_seed;
  std::vector<GreyboxPhrasing> phrasings;
  std::vector<GreyboxDelimiter> delimiters;
  std::vector<GreyboxTextFilter> filters;
  std::vector<GreyboxImageFilter> image_filters;

  std::vector<PoolModel> pool;  // of `models`: usable ones, each once
  bool draws_anything() const;
};

struct GreyboxConfig {
  std::string seed = "random";  // or a whole number: the same draws in every session
  bool only_pools = true;       // no model outside of a prompt's pool is asked
  GreyboxKind all;              // a kind below has these keys unless it has its own
  GreyboxKind text;
  GreyboxKind json;
  GreyboxKind image;
  GreyboxKind eq_comparative;
  GreyboxKind eq_non_comparative_leader;
  GreyboxKind eq_non_comparative_validator;

  const GreyboxKind& of(PromptKind kind) const;
  GreyboxKind& of(PromptKind kind);
  // Whether any kind of prompt has something to draw.
  bool enabled() const;
  // The configured one; empty: each session draws its own.
  std::optional<std::uint64_t> fixed_seed() const;
};

// Decimal, or hexadecimal behind 0x; of 64 bits.
std::optional<std::uint64_t> parse_greybox_seed(std::string_view text);

}  // namespace gvm::config
