#pragma once
// The words a key may be given, and the form of a value in words. Included by reader.cpp and
// forms.cpp only.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/reader.h"

namespace gvm::config {

template <class T>
using Names = std::vector<std::pair<std::string_view, T>>;

const Names<log::Level>& level_names();
const Names<Provider>& provider_names();
const Names<AuthStyle>& auth_names();
const Names<CutText>& cut_text_names();

template <class T>
std::vector<std::string_view> words_of(const Names<T>& names) {
  std::vector<std::string_view> words;
  for (const auto& [word, value] : names) words.push_back(word);
  return words;
}

template <class T>
std::string one_of(const Names<T>& names) {
  return fmt::format("one of {}", fmt::join(words_of(names), ", "));
}

std::string integer_form(const LeafRule& rule);

}  // namespace gvm::config
