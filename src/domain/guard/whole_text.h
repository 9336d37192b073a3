#pragma once
// Rules about a text as a whole: each says whether it fires.
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "guard/detector.h"
#include "guard/rule.h"

namespace gvm::guard {

// length, language, script, choice, json, repetition, refusal. INVALID_CONFIG says what is wrong
// with the rule.
Result<std::unique_ptr<Detector>> make_whole_text(const Rule& rule);

// The estimate of LengthUnit::tokens.
std::size_t estimated_tokens(std::string_view text);
// Whether most of a text's passages stand in it before, or one character fills it.
bool repeats_itself(std::string_view search);
// Whether an answer, in search form, begins as a refusal does.
bool is_refusal(std::string_view search);

}  // namespace gvm::guard
