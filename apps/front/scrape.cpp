#include "apps/front/scrape.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace gvm::apps {
namespace {

std::optional<double> number_in(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// The quoted text that `rest` begins with, which it loses; empty when it is none.
std::optional<std::string> take_quoted(std::string_view& rest) {
  if (!rest.starts_with('"')) return std::nullopt;
  std::string out;
  bool escaped = false;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '"' && !escaped) {
      rest.remove_prefix(i + 1);
      return out;
    }
    if (c == '\\' && !escaped) {
      escaped = true;
      continue;
    }
    out += escaped && c == 'n' ? '\n' : c;
    escaped = false;
  }
  return std::nullopt;
}

// {name="value",...} at the start of `rest`, which it loses.
bool take_labels(std::string_view& rest, Sample& sample) {
  if (!rest.starts_with('{')) return true;
  rest.remove_prefix(1);
  while (!rest.starts_with('}')) {
    const auto equals = rest.find('=');
    if (equals == rest.npos) return false;
    const std::string name(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    auto value = take_quoted(rest);
    if (!value) return false;
    sample.labels[name] = std::move(*value);
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
  rest.remove_prefix(1);
  return true;
}

std::optional<Sample> sample_of(std::string_view line) {
  if (line.empty() || line.front() == '#') return std::nullopt;
  const auto end = line.find_first_of("{ ");
  if (end == line.npos) return std::nullopt;
  Sample sample;
  sample.name = line.substr(0, end);
  line.remove_prefix(end);
  if (!take_labels(line, sample) || !line.starts_with(' ')) return std::nullopt;
  const auto value = number_in(line.substr(1));
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

// By upper bound; cumulative, as they come.
std::map<double, double> buckets_of(const Scrape& scrape, std::string_view histogram) {
  std::map<double, double> buckets;
  const std::string name = std::string(histogram) + "_bucket";
  for (const auto& sample : scrape.samples())
    if (sample.name == name)
      if (const auto bound = number_in(sample.label("le"))) buckets[*bound] += sample.value;
  return buckets;
}

}  // namespace

std::string_view Sample::label(std::string_view wanted) const {
  const auto found = labels.find(wanted);
  return found == labels.end() ? std::string_view() : found->second;
}

Scrape::Scrape(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto sample = sample_of(text.substr(0, end))) samples_.push_back(std::move(*sample));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<double> Scrape::sum(std::string_view name, std::string_view label,
                                  const std::vector<std::string_view>& values) const {
  std::optional<double> total;
  for (const auto& sample : samples_) {
    if (sample.name != name) continue;
    if (!label.empty() && std::ranges::find(values, sample.label(label)) == values.end()) continue;
    total = total.value_or(0) + sample.value;
  }
  return total;
}

std::optional<double> quantile(const Scrape& before, const Scrape& now, std::string_view histogram,
                               double q) {
  auto buckets = buckets_of(now, histogram);
  for (const auto& [bound, count] : buckets_of(before, histogram))
    if (buckets[bound] >= count) buckets[bound] -= count;
  if (buckets.empty() || buckets.rbegin()->second <= 0) return std::nullopt;
  const double wanted = buckets.rbegin()->second * q;
  double below = 0;
  double lower = 0;
  for (const auto& [bound, count] : buckets) {
    if (count >= wanted)
      return std::isinf(bound)
                 ? lower
                 : lower + (bound - lower) * (wanted - below) / std::max(count - below, 1e-9);
    below = count;
    lower = bound;
  }
  return lower;
}

}  // namespace gvm::apps
