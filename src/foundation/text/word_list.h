#pragma once
// Words in many languages, compared in their search form: case and accents do not matter.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "text/search_form.h"

namespace gvm::text {

// Whole words. `form` is a word in its search form.
class WordList {
 public:
  explicit WordList(std::span<const std::string_view> words) {
    for (const auto word : words) forms_.insert(search_form_of(word));
  }
  bool has(const std::string& form) const { return forms_.contains(form); }

 private:
  std::unordered_set<std::string> forms_;
};

// Words of scripts without spaces, which have neighbours: found anywhere in a passage.
class PieceList {
 public:
  explicit PieceList(std::span<const std::string_view> words) {
    for (const auto word : words) forms_.push_back(search_form_of(word));
  }
  bool is_in(const std::string& form) const {
    return std::ranges::any_of(forms_,
                               [&form](const std::string& piece) { return form.contains(piece); });
  }

 private:
  std::vector<std::string> forms_;
};

}  // namespace gvm::text
