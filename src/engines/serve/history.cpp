#include "serve/history.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/json_writer.h"

namespace gvm::serve {
namespace {

constexpr std::array<std::string_view, 4> kKeptLabels{"outcome", "kind", "le", "limit"};

struct Sample {
  std::string key;
  double value;
};

// The end of the quoted label value that begins at `at`, behind its closing quote.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// `labels`: what stands between the braces.
std::string kept_labels(std::string_view labels) {
  std::string out;
  while (!labels.empty()) {
    const auto equals = labels.find('=');
    if (equals == std::string_view::npos) break;
    const auto end = end_of_quoted(labels, equals + 1);
    if (std::ranges::find(kKeptLabels, labels.substr(0, equals)) != kKeptLabels.end()) {
      if (!out.empty()) out += ',';
      out += labels.substr(0, end);
    }
    labels.remove_prefix(end);
    if (labels.starts_with(',')) labels.remove_prefix(1);
  }
  return out;
}

std::size_t end_of_labels(std::string_view line, std::size_t open) {
  for (auto at = open + 1; at < line.size(); ++at) {
    if (line[at] == '}') return at;
    if (line[at] == '"') at = end_of_quoted(line, at) - 1;
  }
  return line.size();
}

std::optional<Sample> sample_of(std::string_view line) {
  if (line.empty() || line.front() == '#') return std::nullopt;
  auto behind_name = line.find_first_of("{ ");
  if (behind_name == std::string_view::npos) return std::nullopt;
  Sample sample{std::string(line.substr(0, behind_name)), 0};
  if (line[behind_name] == '{') {
    const auto end = end_of_labels(line, behind_name);
    const auto kept = kept_labels(line.substr(behind_name + 1, end - behind_name - 1));
    if (!kept.empty()) sample.key += "{" + kept + "}";
    behind_name = end + 1;
  }
  if (behind_name + 1 >= line.size()) return std::nullopt;
  const auto value = line.substr(behind_name + 1);
  const auto read = std::from_chars(value.data(), value.data() + value.size(), sample.value);
  if (read.ec != std::errc()) return std::nullopt;
  return sample;
}

std::map<std::string, double, std::less<>> sums_of(std::string_view metrics) {
  std::map<std::string, double, std::less<>> sums;
  while (!metrics.empty()) {
    const auto end = std::min(metrics.find('\n'), metrics.size());
    if (const auto sample = sample_of(metrics.substr(0, end))) sums[sample->key] += sample->value;
    metrics.remove_prefix(std::min(end + 1, metrics.size()));
  }
  return sums;
}

void write_number(json::Writer& out, double value) {
  constexpr double kExact = 9'007'199'254'740'992;  // 2^53
  if (!std::isfinite(value)) return out.null();
  if (value == std::floor(value) && std::abs(value) < kExact)
    return out.number(static_cast<std::int64_t>(value));
  out.real(value);
}

}  // namespace

void History::take(std::string_view metrics, std::chrono::system_clock::time_point now) {
  const auto sums = sums_of(metrics);
  const std::lock_guard lock(mutex_);
  times_.push_back(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (times_.size() > kPoints) times_.pop_front();
  for (const auto& [key, value] : sums) {
    if (series_.size() < kSeries) series_.try_emplace(key);
  }
  for (auto& [key, values] : series_) {
    const auto found = sums.find(key);
    values.push_back(found == sums.end() ? std::numeric_limits<double>::quiet_NaN()
                                         : found->second);
    if (values.size() > times_.size()) values.pop_front();
  }
}

std::string History::json() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("interval_seconds");
  out.number(kInterval.count());
  out.key("times");
  out.begin_array();
  for (const auto time : times_) out.number(time);
  out.end_array();
  out.key("series");
  out.begin_object();
  for (const auto& [key, values] : series_) {
    out.key(key);
    out.begin_array();
    for (auto i = values.size(); i < times_.size(); ++i) out.null();
    for (const double value : values) write_number(out, value);
    out.end_array();
  }
  out.end_object();
  out.end_object();
  return text;
}

}  // namespace gvm::serve
