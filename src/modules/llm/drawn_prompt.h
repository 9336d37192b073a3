#pragma once
// A draw in the form in which scripts see and change it: the table ctx.greybox. Pure.
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/value.h"
#include "greybox/draw.h"

namespace gvm::llm {

struct DrawnModel {
  std::string provider;
  std::string model;  // empty: all of the provider
  friend bool operator==(const DrawnModel&, const DrawnModel&) = default;
};

struct DrawnPrompt {
  bool pooled = false;             // only a pool's models are meant, also when it is empty
  std::vector<DrawnModel> models;  // in the order they are asked
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::uint64_t> seed;      // for the provider
  std::optional<std::uint32_t> phrasing;  // its position, from 0
  std::vector<std::uint32_t> sections;    // of the phrasing, in their order, from 0
  greybox::Delimiters delimiters;
  std::vector<std::string> filters;      // as lib.rs.filter_text has them
  Value image_filters = Value::array();  // as lib.rs.filter_image has them

  friend bool operator==(const DrawnPrompt&, const DrawnPrompt&) = default;
};

DrawnPrompt drawn_prompt(const greybox::Draw& draw, const config::GreyboxKind& from);

// {kind, ordinal, models = {{provider, model}}, temperature, top_p, seed, phrasing, sections,
// delimiters = {open, close}, filters, image_filters}; what was not drawn is absent, positions
// count from 1.
Value to_value(const DrawnPrompt& drawn, const greybox::Draw& draw);

// The table as a script has left it. `draw` and `session_seed`: where it chose another phrasing,
// its sections are drawn anew. SCRIPT_BAD_ARGUMENT names the field.
Result<DrawnPrompt> read_drawn_prompt(Value::Map& table, const greybox::Draw& draw,
                                      const config::GreyboxKind& from, std::uint64_t session_seed);

// The names of the fields in which the two differ.
std::vector<std::string_view> differences(const DrawnPrompt& a, const DrawnPrompt& b);

}  // namespace gvm::llm
