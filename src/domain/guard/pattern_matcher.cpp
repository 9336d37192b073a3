#include "guard/pattern_matcher.h"

#include <re2/filtered_re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/error_codes.h"
#include "base/size.h"

namespace gvm::guard {
namespace {

constexpr int kLeastAtom = 2;  // bytes: shorter ones are in every text
constexpr std::size_t kAllMemory = 512 * kMiB;
constexpr std::size_t kLeastMemory = 128 * kKiB;  // of one pattern
constexpr std::size_t kMostMemory = 4 * kMiB;
constexpr std::size_t kSetMemory = 64 * kMiB;
constexpr std::size_t kFewPatterns = 4;  // run one by one
constexpr int kMostGroup = 4;
// Steps of a set's program that a byte of text takes at most, of all: a set does not retreat to the
// slower way of following every step.
constexpr std::size_t kShareOfSet = 4;

// Newer versions of RE2 take Abseil's string_view, to which std::string_view does not convert.
re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

re2::RE2::Options options_with(std::size_t memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(static_cast<std::int64_t>(memory));
  return options;
}

}  // namespace

struct PatternMatcher::Compiled {
  struct Entry {
    std::uint32_t id;
    int group;
    std::size_t steps;  // RE2's instructions: a hostile text takes all of them for a byte
    std::string text;
    std::unique_ptr<re2::FilteredRE2> filter;  // of this expression alone
    std::vector<std::uint32_t> atoms;          // in the filter's order
    std::vector<std::uint32_t> required;       // of them: every match holds them all
  };

  std::vector<Entry> entries;
  std::vector<std::vector<std::uint32_t>> wakes;  // by atom: the entries to look at
  std::size_t memory = kMostMemory;
  std::size_t steps = 0;
  std::vector<std::uint32_t> without_atoms;
  std::unique_ptr<re2::RE2::Set> set;  // of those, when they are many
  std::size_t set_steps = 0;

  bool run(std::string_view text, std::uint32_t index, const Found& found) const;
  bool may_match(const Entry& entry, std::span<const std::uint8_t> occurs) const;
  std::vector<std::uint32_t> candidates(const Atoms& atoms) const;
  void add_candidates_of_set(std::string_view text, std::vector<std::uint32_t>& out) const;
  void choose_wakers(std::uint32_t index, const std::vector<std::string>& names);
  bool make_set();
};

namespace {

bool passes(const re2::FilteredRE2& filter, const std::vector<int>& atoms) {
  std::vector<int> passed;
  filter.AllPotentials(atoms, &passed);
  return !passed.empty();
}

// Of `count` atoms those without which nothing matches.
std::vector<std::size_t> required_atoms(const re2::FilteredRE2& filter, std::size_t count) {
  constexpr std::size_t kMostTried = 64;
  std::vector<std::size_t> required;
  for (std::size_t left_out = 0; left_out < std::min(count, kMostTried); ++left_out) {
    std::vector<int> others;
    for (std::size_t i = 0; i < count; ++i)
      if (i != left_out) others.push_back(static_cast<int>(i));
    if (!passes(filter, others)) required.push_back(left_out);
  }
  return required;
}

}  // namespace

PatternMatcher::PatternMatcher(std::size_t expected_patterns)
    : compiled_(std::make_unique<Compiled>()) {
  compiled_->memory = std::clamp(kAllMemory / std::max<std::size_t>(expected_patterns, 1),
                                 kLeastMemory, kMostMemory);
}
PatternMatcher::PatternMatcher(PatternMatcher&&) noexcept = default;
PatternMatcher& PatternMatcher::operator=(PatternMatcher&&) noexcept = default;
PatternMatcher::~PatternMatcher() = default;

std::size_t PatternMatcher::steps() const {
  return compiled_->steps;
}

std::string PatternMatcher::add(std::string_view pattern, std::uint32_t id, int group) {
  const auto options = options_with(compiled_->memory);
  const re2::RE2 alone(piece(pattern), options);
  if (!alone.ok()) return "RE2 refuses it: " + alone.error();
  if (re2::RE2::FullMatch("", alone)) return "it matches an empty text";
  int index = 0;
  auto filter = std::make_unique<re2::FilteredRE2>(kLeastAtom);
  if (filter->Add(piece(pattern), options, &index) != re2::RE2::NoError) return "RE2 refuses it";
  const auto steps = static_cast<std::size_t>(std::max(alone.ProgramSize(), 0));
  compiled_->steps += steps;
  compiled_->entries.push_back({id, group, steps, std::string(pattern), std::move(filter), {}, {}});
  return {};
}

bool PatternMatcher::Compiled::make_set() {
  if (without_atoms.size() <= kFewPatterns) return true;
  set = std::make_unique<re2::RE2::Set>(options_with(kSetMemory), re2::RE2::UNANCHORED);
  for (const auto index : without_atoms) {
    if (set->Add(piece(entries[index].text), nullptr) < 0) return false;
    set_steps += entries[index].steps;
  }
  return set->Compile();
}

// An entry is looked at when its rarest required atom occurs, of which the length is a guess; when
// none is required, at any of its atoms.
void PatternMatcher::Compiled::choose_wakers(std::uint32_t index,
                                             const std::vector<std::string>& names) {
  auto& entry = entries[index];
  for (const auto place : required_atoms(*entry.filter, entry.atoms.size()))
    entry.required.push_back(entry.atoms[place]);
  if (entry.required.empty()) {
    for (const auto atom : entry.atoms) wakes[atom].push_back(index);
    return;
  }
  const auto rarest = std::ranges::max_element(
      entry.required, {}, [&names](std::uint32_t atom) { return names[atom].size(); });
  wakes[*rarest].push_back(index);
}

Result<std::vector<std::string>> PatternMatcher::build() {
  std::vector<std::string> names;
  std::unordered_map<std::string, std::uint32_t> known;
  auto& entries = compiled_->entries;
  for (std::uint32_t index = 0; index < entries.size(); ++index) {
    auto& entry = entries[index];
    std::vector<std::string> own;
    entry.filter->Compile(&own);
    for (auto& atom : own) {
      const auto [at, is_new] = known.emplace(atom, static_cast<std::uint32_t>(names.size()));
      if (is_new) names.push_back(std::move(atom));
      entry.atoms.push_back(at->second);
    }
    // RE2 runs what it can say nothing of.
    if (entry.atoms.empty() || passes(*entry.filter, {})) compiled_->without_atoms.push_back(index);
  }
  compiled_->wakes.resize(names.size());
  for (std::uint32_t index = 0; index < entries.size(); ++index)
    if (!std::ranges::binary_search(compiled_->without_atoms, index))
      compiled_->choose_wakers(index, names);
  // A set that is too large for its memory is no set: its patterns run one by one.
  if (!compiled_->make_set()) compiled_->set.reset();
  return names;
}

bool PatternMatcher::Compiled::run(std::string_view text, std::uint32_t index,
                                   const Found& found) const {
  const auto& entry = entries[index];
  const auto& re = entry.filter->GetRE2(0);
  std::array<re2::StringPiece, kMostGroup + 1> groups;
  for (std::size_t at = 0; at < text.size();) {
    if (!re.Match(piece(text), at, text.size(), re2::RE2::UNANCHORED, groups.data(),
                  entry.group + 1))
      return true;
    const auto end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
    const auto& group = groups[static_cast<std::size_t>(entry.group)];
    if (!group.empty()) {
      const auto begin = static_cast<std::size_t>(group.data() - text.data());
      if (!found(entry.id, {begin, begin + group.size()})) return false;
    }
    at = groups[0].empty() ? end + 1 : end;
    while (at < text.size() && (text[at] & 0xC0) == 0x80) ++at;
  }
  return true;
}

bool PatternMatcher::Compiled::may_match(const Entry& entry,
                                         std::span<const std::uint8_t> occurs) const {
  const auto here = [&occurs](std::uint32_t atom) { return occurs[atom] != 0; };
  if (!std::ranges::all_of(entry.required, here)) return false;
  if (entry.required.size() == entry.atoms.size()) return true;
  std::vector<int> present;
  for (std::size_t i = 0; i < entry.atoms.size(); ++i)
    if (here(entry.atoms[i])) present.push_back(static_cast<int>(i));
  return passes(*entry.filter, present);
}

void PatternMatcher::Compiled::add_candidates_of_set(std::string_view text,
                                                     std::vector<std::uint32_t>& out) const {
  std::vector<int> matching;
  re2::RE2::Set::ErrorInfo error{};
  const bool some = set != nullptr && set->Match(piece(text), &matching, &error);
  if (set == nullptr || (!some && error.kind != re2::RE2::Set::kNoError)) {
    out.insert(out.end(), without_atoms.begin(), without_atoms.end());
    return;
  }
  for (const int i : matching) out.push_back(without_atoms[static_cast<std::size_t>(i)]);
}

// Of the expressions with atoms.
std::vector<std::uint32_t> PatternMatcher::Compiled::candidates(const Atoms& atoms) const {
  std::vector<std::uint32_t> out;
  for (const auto atom : atoms.list)
    for (const auto index : wakes[atom]) out.push_back(index);
  std::ranges::sort(out);
  const auto same = std::ranges::unique(out);
  out.erase(same.begin(), same.end());
  std::erase_if(out, [&](std::uint32_t index) { return !may_match(entries[index], atoms.occurs); });
  return out;
}

void PatternMatcher::each(std::string_view text, const Atoms& atoms, Effort* effort,
                          const Found& found) const {
  if (compiled_->entries.empty()) return;
  auto candidates = compiled_->candidates(atoms);
  if (!compiled_->without_atoms.empty()) {
    if (!may_spend(effort, text.size() * compiled_->set_steps / kShareOfSet)) return;
    compiled_->add_candidates_of_set(text, candidates);
    std::ranges::sort(candidates);
  }
  for (const auto index : candidates) {
    if (!may_spend(effort, text.size() * compiled_->entries[index].steps)) return;
    if (!compiled_->run(text, index, found)) return;
  }
}

}  // namespace gvm::guard
