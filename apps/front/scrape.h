#pragma once
// Metrics of a module as its /metrics page tells them: Prometheus' text format.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::apps {

struct Sample {
  std::string name;
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;

  std::string_view label(std::string_view name) const;  // "" when it has none
};

class Scrape {
 public:
  Scrape() = default;
  // Lines that are no samples are left out.
  explicit Scrape(std::string_view text);

  const std::vector<Sample>& samples() const { return samples_; }
  // The sum of a metric; with `label` only of samples whose label has one of `values`. Empty: there
  // is no such metric.
  std::optional<double> sum(std::string_view name, std::string_view label = {},
                            const std::vector<std::string_view>& values = {}) const;
  double sum_or_zero(std::string_view name, std::string_view label = {},
                     const std::vector<std::string_view>& values = {}) const {
    return sum(name, label, values).value_or(0);
  }

 private:
  std::vector<Sample> samples_;
};

// The value that part `q` of a histogram's new values do not exceed, evenly spread within a bucket.
// `before` may be empty: then since the start. Empty: there is no new value.
std::optional<double> quantile(const Scrape& before, const Scrape& now, std::string_view histogram,
                               double q);

}  // namespace gvm::apps
