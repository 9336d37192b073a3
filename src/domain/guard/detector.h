#pragma once
// A rule of its own kind, compiled once, used by all lanes.
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guard/effort.h"
#include "guard/match.h"
#include "guard/tokens.h"
#include "guard/views.h"

namespace gvm::guard {

class SystemTexts;

// Whether an address may stand in a text: empty when it may, else what is wrong with it.
using LinkJudge = std::function<std::string(std::string_view url)>;

// One text in all its readings. Places of matches are places in `clean`, unless said otherwise.
struct Reading {
  std::string_view original;
  View clean;
  View search;
  std::array<const SystemTexts*, 2> system_texts{};  // null: none are known
  const LinkJudge* links = nullptr;                  // null: every address passes
  Effort* effort = nullptr;                          // null: whatever it costs

  // Of clean.text(); made when somebody asks first.
  const std::vector<Token>& tokens() const {
    if (!made_tokens) made_tokens = tokens_of(clean.text());
    return *made_tokens;
  }
  mutable std::optional<std::vector<Token>> made_tokens = {};
};

// Takes a place in Reading::clean; false when it takes no more.
using Report = std::function<bool(Span span, std::string_view label, unsigned score)>;

class Detector {
 public:
  virtual ~Detector() = default;
  virtual void find(const Reading& reading, const Report& report) const = 0;
  // Whether its places are those of `search`.
  virtual bool in_search() const { return false; }
};

}  // namespace gvm::guard
