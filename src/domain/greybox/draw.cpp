#include "greybox/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "greybox/keyed_random.h"

namespace gvm::greybox {

namespace {

// The numbers are part of what a seed means: a change draws otherwise from the same seed.
enum class Key : std::uint8_t {
  models = 1,
  temperature,
  top_p,
  seed,
  phrasing,
  sections,
  delimiter,
  token,
  reserve,
  filter,
  image_filter,
  noise,
};

// The prompts of a session.
class Source {
 public:
  Source(std::uint64_t seed, PromptKind kind, std::uint64_t ordinal)
      : seed_(seed), kind_(kind), ordinal_(ordinal) {}

  // `entry`: of a list whose entries are drawn one by one.
  KeyedRandom of(Key key, std::size_t entry = 0) const {
    const auto purpose = static_cast<std::uint64_t>(key) | static_cast<std::uint64_t>(kind_) << 8 |
                         static_cast<std::uint64_t>(entry) << 16;
    return {seed_, purpose, ordinal_};
  }

 private:
  std::uint64_t seed_;
  PromptKind kind_;
  std::uint64_t ordinal_;
};

std::vector<std::uint32_t> positions(std::size_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

// In proportion to the weights; the first one when all are 0.
template <class Weight>
std::size_t pick(std::size_t count, KeyedRandom& random, Weight&& weight) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += weight(i);
  double left = random.unit() * sum;
  std::size_t last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (weight(i) <= 0) continue;
    last = i;
    left -= weight(i);
    if (left < 0) return i;
  }
  return last;
}

template <class Entries>
std::optional<std::uint32_t> pick_one(const Entries& entries, KeyedRandom random) {
  if (entries.empty()) return std::nullopt;
  return static_cast<std::uint32_t>(
      pick(entries.size(), random, [&](std::size_t i) { return entries[i].weight; }));
}

// One after another without putting back. Those of weight 0 come last, as they are written.
std::vector<std::uint32_t> order_of(const std::vector<config::PoolModel>& pool,
                                    KeyedRandom random) {
  auto left = positions(pool.size());
  std::vector<std::uint32_t> order;
  order.reserve(left.size());
  while (!left.empty()) {
    const auto next =
        pick(left.size(), random, [&](std::size_t i) { return pool[left[i]].weight; });
    order.push_back(left[next]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(next));
  }
  return order;
}

// Four decimals: as people read it, and the same text in a request and in its record.
std::optional<double> number_in(const config::DrawnNumber& range, KeyedRandom random) {
  if (!range.min || !range.max) return std::nullopt;
  constexpr double kSteps = 10'000;
  const double drawn = *range.min + random.unit() * (*range.max - *range.min);
  return std::clamp(std::round(drawn * kSteps) / kSteps, *range.min, *range.max);
}

std::optional<std::uint64_t> number_in(const config::DrawnSeed& range, KeyedRandom random) {
  if (!range.min || !range.max) return std::nullopt;
  return *range.min + random.up_to(*range.max - *range.min);
}

std::string with_token(std::string_view text, std::string_view token) {
  constexpr std::string_view kName = "#{random}";
  std::string out;
  for (;;) {
    const auto at = text.find(kName);
    out += text.substr(0, at);
    if (at == text.npos) return out;
    out += token;
    text.remove_prefix(at + kName.size());
  }
}

Delimiters usual_form(KeyedRandom random) {
  const auto token = fmt::format("{:016x}", random.next());
  return {"<data-" + token + ">", "</data-" + token + ">"};
}

Delimiters delimiters_of(const config::GreyboxKind& from, std::optional<std::uint32_t> at,
                         KeyedRandom random) {
  if (!at) return usual_form(random);
  const auto token = fmt::format("{:016x}", random.next());
  const auto& pair = from.delimiters[*at];
  return {with_token(pair.open, token), with_token(pair.close, token)};
}

template <class Filters>
std::vector<std::uint32_t> passed(const Filters& filters, const Source& source, Key key) {
  std::vector<std::uint32_t> drawn;
  for (std::size_t i = 0; i < filters.size(); ++i)
    if (source.of(key, i).unit() < filters[i].probability)
      drawn.push_back(static_cast<std::uint32_t>(i));
  return drawn;
}

std::vector<std::uint32_t> sections_of(const config::GreyboxPhrasing& phrasing,
                                       KeyedRandom random) {
  auto order = positions(phrasing.sections.size());
  if (!phrasing.shuffle) return order;
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.up_to(left - 1)]);
  return order;
}

}  // namespace

Draw draw(const config::GreyboxKind& from, std::uint64_t seed, PromptKind kind,
          std::uint64_t ordinal) {
  const Source source(seed, kind, ordinal);
  Draw drawn;
  drawn.kind = kind;
  drawn.ordinal = ordinal;
  drawn.models = order_of(from.pool, source.of(Key::models));
  drawn.temperature = number_in(from.temperature, source.of(Key::temperature));
  drawn.top_p = number_in(from.top_p, source.of(Key::top_p));
  drawn.seed = number_in(from.provider_seed, source.of(Key::seed));
  drawn.phrasing = pick_one(from.phrasings, source.of(Key::phrasing));
  if (drawn.phrasing)
    drawn.sections = sections_of(from.phrasings[*drawn.phrasing], source.of(Key::sections));
  drawn.delimiter = pick_one(from.delimiters, source.of(Key::delimiter));
  drawn.delimiters = delimiters_of(from, drawn.delimiter, source.of(Key::token));
  drawn.reserve = usual_form(source.of(Key::reserve));
  drawn.filters = passed(from.filters, source, Key::filter);
  drawn.image_filters = passed(from.image_filters, source, Key::image_filter);
  drawn.noise = source.of(Key::noise).next();
  return drawn;
}

std::vector<std::uint32_t> draw_sections(const config::GreyboxPhrasing& phrasing,
                                         std::uint64_t seed, PromptKind kind,
                                         std::uint64_t ordinal) {
  return sections_of(phrasing, Source(seed, kind, ordinal).of(Key::sections));
}

std::vector<double> shares_of(const std::vector<config::PoolModel>& pool) {
  double sum = 0;
  for (const auto& model : pool) sum += model.weight;
  std::vector<double> shares;
  for (const auto& model : pool) shares.push_back(sum > 0 ? model.weight / sum : 0);
  return shares;
}

}  // namespace gvm::greybox
